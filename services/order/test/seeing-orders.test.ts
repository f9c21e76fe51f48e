import type { Order, Process } from '@waybill/contracts'
import { call, type TestHost } from '@waybill/platform/testing'
import fc from 'fast-check'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cancel, type Placed, placeOrder, startOrderService, tell } from './an-order-and-its-events.ts'

let host: TestHost
let ann: string
let bob: string
let operator: string
let annsId: string
let anns: Placed
let bobs: Placed

beforeAll(async () => {
  host = await startOrderService()
  const signedIn = host.users.signIn()
  ann = signedIn.token
  annsId = signedIn.principal.user_id
  bob = host.users.signIn().token
  operator = host.users.signIn({ role: 'operator' }).token
  anns = await placeOrder(host, ann)
  bobs = await placeOrder(host, bob)
})
afterAll(() => host.stop())

const pathsOf = ({ order }: Placed) => [
  `GET /order/${order.id}`,
  `GET /order/details?order_id=${order.id}`,
  `GET /order/${order.id}/status`,
  `GET /order/${order.id}/history`,
  `GET /order/${order.id}/explain`,
  `GET /process/${order.process_id}`,
  `GET /callbacks?process_id=${order.process_id}`,
]
const actionsOn = ({ order }: Placed) => [
  `POST /order/${order.id}/cancel`,
  `POST /callbacks/${order.process_id}/resend`,
]

describe('what belongs to somebody else', () => {
  test('looks to a customer as if it did not exist, and cannot be changed', async () => {
    for (const path of [...pathsOf(bobs), ...actionsOn(bobs)]) {
      const reply = await call(host.url, path, { token: ann })
      const absent = await call(host.url, path.replaceAll(/[0-9a-f-]{36}/g, uuidv7()), { token: ann })
      expect([path, reply.status, reply.body.code]).toEqual([path, 404, absent.body.code])
    }
    expect((await call<Order>(host.url, `GET /order/${bobs.order.id}`, { token: bob })).body.data.state).toBe('created')
  })

  test('is read by an operator, who may not change it', async () => {
    for (const path of pathsOf(bobs)) {
      expect([path, (await call(host.url, path, { token: operator })).status]).toEqual([path, 200])
    }
    for (const path of actionsOn(bobs)) {
      expect([path, (await call(host.url, path, { token: operator })).status]).toEqual([path, 403])
    }
  })

  test('is not streamed either', async () => {
    const headers = { Accept: 'text/event-stream' }
    const reply = await call(host.url, `GET /process/${bobs.order.process_id}`, { token: ann, headers })
    expect(reply.status).toBe(404)
  })

  test('stands in no list of a customer, and filters for operators are refused to them', async () => {
    for (const list of ['/orders', '/processes']) {
      const reply = await call<{ user_id?: string; order_id?: string; id?: string }[]>(host.url, `GET ${list}`, {
        token: ann,
      })
      expect(reply.body.data.map(it => it.id ?? it.order_id)).toEqual([anns.order.id])
      for (const filter of ['all=true', `user_id=${bobs.order.user_id}`, `user_id=${annsId}`]) {
        const refused = await call(host.url, `GET ${list}?${filter}`, { token: ann })
        expect([refused.status, refused.body.code]).toEqual([403, 'FORBIDDEN'])
      }
    }
  })

  test('is listed for an operator who asks for one user or for all', async () => {
    const ids = async (path: string) =>
      (await call<{ id?: string; order_id?: string }[]>(host.url, `GET ${path}`, { token: operator })).body.data.map(
        it => it.id ?? it.order_id,
      )
    for (const list of ['/orders', '/processes']) {
      expect(await ids(list)).toEqual([])
      expect(await ids(`${list}?user_id=${bobs.order.user_id}`)).toEqual([bobs.order.id])
      expect(await ids(`${list}?all=true`)).toEqual([bobs.order.id, anns.order.id])
    }
  })
})

test('an id that is no UUID is a bad request, not a server error', async () => {
  for (const path of [
    '/order/1',
    '/order/details?order_id=x',
    '/process/%27',
    '/callbacks?process_id=1',
    '/callbacks',
  ]) {
    expect([path, (await call(host.url, `GET ${path}`, { token: ann })).status]).toEqual([path, 400])
  }
})

test('an order answers the same by path and by query, and its status in short', async () => {
  const { id, process_id } = anns.order
  const byPath = await call<Order>(host.url, `GET /order/${id}`, { token: ann })
  const byQuery = await call<Order>(host.url, `GET /order/details?order_id=${id}`, { token: ann })
  expect(byQuery.body.data).toEqual(byPath.body.data)
  const status = await call(host.url, `GET /order/${id}/status`, { token: ann })
  expect(status.body.data).toEqual({ order_id: id, state: 'created', cancel_reason: null, process_id })
})

test('lists are filtered by state and by status', async () => {
  const carol = host.users.signIn().token
  const created = await placeOrder(host, carol)
  const confirmed = await placeOrder(host, carol)
  await tell.authorized(host, confirmed)
  const delivered = await placeOrder(host, carol)
  await tell.authorized(host, delivered)
  await tell.finished(host, delivered)
  const cancelled = await placeOrder(host, carol)
  await cancel(host, carol, cancelled)
  const byState = { created, confirmed, delivered, cancelled }
  for (const [state, placed] of Object.entries(byState)) {
    const reply = await call<Order[]>(host.url, `GET /orders?state=${state}`, { token: carol })
    expect(reply.body.data.map(it => it.id)).toEqual([placed.order.id])
  }
  const byStatus = [[confirmed, created], [delivered], [cancelled]]
  for (const [status, expected] of byStatus.entries()) {
    const reply = await call<Process[]>(host.url, `GET /processes?status=${status}`, { token: carol })
    expect(reply.body.data.map(it => it.order_id)).toEqual(expected.map(it => it.order.id))
  }
  expect((await call(host.url, 'GET /orders?state=lost', { token: carol })).status).toBe(400)
  expect((await call(host.url, 'GET /processes?status=3', { token: carol })).status).toBe(400)
})

test('pages of any size, put together, are the list: newest first, nothing twice, nothing lost', async () => {
  const dora = host.users.signIn().token
  const placed: string[] = []
  for (let at = 0; at < 11; at++) placed.unshift((await placeOrder(host, dora)).order.id)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 13 }), fc.constantFrom('/orders', '/processes'), async (limit, list) => {
      const seen: unknown[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const from: string = cursor === '' ? '' : `&cursor=${cursor}`
        const reply = await call<{ id?: string; order_id?: string }[]>(host.url, `GET ${list}?limit=${limit}${from}`, {
          token: dora,
        })
        expect(reply.body.data.length).toBeLessThanOrEqual(limit)
        seen.push(...reply.body.data.map(it => it.id ?? it.order_id))
        cursor = reply.body.page!.next_cursor
      }
      expect(seen).toEqual(placed)
    }),
    { numRuns: 20 },
  )
})

test('a cursor that was not given by the list, and a limit out of range, are refused', async () => {
  const page = await call(host.url, 'GET /orders?all=true&limit=1', { token: operator })
  const cursor = page.body.page!.next_cursor!
  expect((await call(host.url, `GET /processes?cursor=${cursor}`, { token: ann })).status).toBe(400)
  for (const query of ['cursor=abc', 'limit=0', 'limit=101', 'limit=x']) {
    expect((await call(host.url, `GET /orders?${query}`, { token: ann })).status).toBe(400)
  }
})

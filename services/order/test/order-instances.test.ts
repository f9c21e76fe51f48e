// Two instances of the order service on one database: whichever is asked, there is one order, one outcome and one callback.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { CallbackAttempt, Order, Price, Process } from '@waybill/contracts'
import { call, type FakePeer, type Reply, startFakePeer, type TestHost, until } from '@waybill/platform/testing'
import { Webhook } from 'standardwebhooks'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Receiver, startReceiver } from './a-receiver-of-callbacks.ts'
import {
  cancel,
  order,
  type Placed,
  placeOrder,
  showOrder,
  showProcess,
  startOrderService,
  tell,
} from './an-order-and-its-events.ts'

let a: TestHost
let b: TestHost
let data: FakePeer
let receiver: Receiver

beforeAll(async () => {
  data = await startFakePeer({ 'GET /clouds': { status: 200, data: [{ name: 'LOCAL' }, { name: 'NEW' }] } })
  receiver = await startReceiver()
  const options = { env: { CALLBACK_ALLOW_PRIVATE: 'true' }, peerUrls: { data: data.url } }
  a = await startOrderService(options)
  b = await startOrderService({ ...options, beside: a })
})
afterAll(async () => {
  await b.stop()
  await a.stop()
  await data.stop()
  await receiver.stop()
})

const newCustomer = () => a.users.signIn({ user_id: uuidv7() })

describe('the same Idempotency-Key at two instances at once', () => {
  const headers = (key: string) => ({ 'Idempotency-Key': key })

  test('has one effect, and who was slower gets the answer of who was quicker, 200 times', async () => {
    const { token } = newCustomer()
    let raced = 0
    for (let round = 0; round < 10; round++) {
      const pairs = Array.from({ length: 20 }, (_, at) => `${round}-${at}`).map(async key => {
        const replies = await Promise.all([order(a, token, {}, headers(key)), order(b, token, {}, headers(key))])
        expect(replies.map(({ status }) => status)).toEqual([202, 202])
        expect(replies[0]!.text).toBe(replies[1]!.text)
        const replayed = replies.filter(it => it.headers.get('idempotency-replayed') === 'true')
        expect(replayed).toHaveLength(1)
        raced++
      })
      await Promise.all(pairs)
    }
    expect(raced).toBe(200)
    const rows = await a.query('order', 'select count(*) as count from orders where request_id is not null')
    const kept = await a.query('order', 'select count(*) as count from idempotency_keys')
    expect([Number(rows[0]!.count), Number(kept[0]!.count)]).toEqual([200, 200])
  })

  test('with another body is refused by one of them', async () => {
    const { token } = newCustomer()
    for (let at = 0; at < 20; at++) {
      const sent = [a, b].map(host =>
        order(host, token, { items: [{ dataset: host === a ? 'x' : 'y', format: 'csv' }] }, headers(`o-${at}`)),
      )
      const replies = await Promise.all(sent)
      expect(replies.map(({ status }) => status).sort()).toEqual([202, 422])
      expect(replies.find(({ status }) => status === 422)!.body.code).toBe('IDEMPOTENCY_KEY_REUSED')
    }
  })

  test('keeps one refusal: whoever asks again, anywhere, gets the very same', async () => {
    const user_id = uuidv7()
    const nowhere = a.users.signIn({ user_id, cloud: null }).token
    for (let at = 0; at < 20; at++) {
      const replies = await Promise.all([
        order(a, nowhere, {}, headers(`r-${at}`)),
        order(b, nowhere, {}, headers(`r-${at}`)),
      ])
      expect(replies.map(({ status }) => status)).toEqual([409, 409])
      expect(replies[0]!.text).toBe(replies[1]!.text)
      const { token } = a.users.signIn({ user_id })
      const later = await order(at % 2 === 0 ? a : b, token, {}, headers(`r-${at}`))
      expect([later.status, later.text]).toEqual([409, replies[0]!.text])
    }
  })
})

describe('a cancellation at one instance that races the other', () => {
  /** What is done to an order that was placed at A, each at the instance that stands first. */
  async function race(
    it: Placed,
    token: string,
    what: (placed: Placed) => Promise<unknown>,
  ): Promise<[Reply<Order>, Order]> {
    const [reply] = await Promise.all([cancel(a, token, it), what(it)])
    return [reply, await showOrder(b, token, it.order.id)]
  }

  test('loses or wins against a delivery, never both', async () => {
    const { token } = newCustomer()
    const endings = new Set<string>()
    for (let at = 0; at < 15; at++) {
      const placed = await placeOrder(a, token)
      await tell.authorized(b, placed)
      const [reply, after] = await race(placed, token, it => tell.finished(b, it))
      expect([reply.status, after.state]).toEqual(reply.status === 200 ? [200, 'cancelled'] : [409, 'delivered'])
      const { status } = await showProcess(b, token, placed.order.process_id)
      expect(status).toBe(after.state === 'delivered' ? 1 : 2)
      const history = (await call<{ to: string }[]>(b.url, `GET /order/${placed.order.id}/history`, { token })).body
        .data
      expect(history.map(({ to }) => to)).toEqual(['created', 'confirmed', after.state])
      const said = a.broker.published.filter(event => event.subject === placed.order.id).map(({ type }) => type)
      expect(said.filter(type => type === 'order.delivered' || type === 'order.cancelled')).toEqual([
        `order.${after.state}`,
      ])
      endings.add(after.state)
    }
    expect(endings.size).toBeGreaterThan(0)
  })

  test('always ends cancelled against a confirmation, which is before it or never', async () => {
    const { token } = newCustomer()
    for (let at = 0; at < 15; at++) {
      const [reply, after] = await race(await placeOrder(a, token), token, it => tell.authorized(b, it))
      expect([reply.status, after.state]).toEqual([200, 'cancelled'])
      const history = (await call<{ to: string }[]>(b.url, `GET /order/${after.id}/history`, { token })).body.data
      expect(['created,cancelled', 'created,confirmed,cancelled']).toContain(history.map(({ to }) => to).join())
    }
  })
})

describe('who waits at one instance', () => {
  /** A change that only B knows of: A must find it in the database. */
  const changeBehindA = (it: Placed, percentage: number) =>
    a.query('order', 'update user_processes set percentage = ? where process_id = ?', percentage, it.order.process_id)

  test('with a long poll sees soon what the other changed', async () => {
    const { token } = newCustomer()
    const placed = await placeOrder(b, token)
    await tell.authorized(b, placed)
    const { process_id } = placed.order
    let looks = 0
    const onStatement = (message: unknown) => {
      const { sql, parameters } = message as { sql: string; parameters: unknown[] }
      if (/from `user_processes`/.test(sql) && parameters.includes(process_id)) looks++
    }
    subscribe('waybill:mysql:statement', onStatement)
    const held = call<Process>(a.url, `GET /process/${process_id}`, { token, headers: { Prefer: 'wait=20' } })
    // Read, looked at once more, and looked at again since: what changes now is seen by looking only.
    await until(
      () => looks,
      count => count >= 4,
    )
    unsubscribe('waybill:mysql:statement', onStatement)
    const changedAt = performance.now()
    await changeBehindA(placed, 42)
    expect((await held).body.data.percentage).toBe(42)
    expect(performance.now() - changedAt).toBeLessThan(2_000)
  })

  test('with a stream sees every change to the end', async () => {
    const { token } = newCustomer()
    const placed = await placeOrder(b, token)
    await tell.authorized(b, placed)
    const response = await fetch(`${a.url}/process/${placed.order.process_id}`, {
      headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
    })
    const seen: number[] = []
    let text = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const percentages = [...text.matchAll(/"percentage":(\d+)/g)].map(([, digits]) => Number(digits))
      if (percentages.length === seen.length) continue
      seen.splice(0, seen.length, ...percentages)
      const next = [10, 60][seen.length - 1]
      if (next !== undefined) await changeBehindA(placed, next)
      else if (seen.length === 3) await cancel(b, token, placed)
    }
    expect(seen).toEqual([0, 10, 60, 60])
  })
})

test('a finished process calls back once, from one of the two', async () => {
  const { token } = newCustomer()
  const placed = await Promise.all(
    Array.from({ length: 20 }, (_, at) => placeOrder(at % 2 === 0 ? a : b, token, { callback_url: receiver.url })),
  )
  for (const it of placed) await cancel(a, token, it)
  const attemptsOf = async (it: Placed) =>
    (await call<CallbackAttempt[]>(b.url, `GET /callbacks?process_id=${it.order.process_id}`, { token })).body.data
  for (const it of placed) {
    const attempts = await until(
      () => attemptsOf(it),
      list => (list ?? []).length > 0,
    )
    expect(attempts.map(({ attempt, status_code }) => [attempt, status_code])).toEqual([[1, 204]])
  }
  const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
  expect([ids.length, new Set(ids).size]).toEqual([20, 20])
})

test('a secret that is rotated at one instance signs at the other, beside the one of before', async () => {
  const { token } = newCustomer()
  const secretAt = async (host: TestHost, verbAndPath: string) =>
    (await call<{ secret: string }>(host.url, verbAndPath, { token })).body.data.secret
  const [first, same] = await Promise.all([secretAt(a, 'GET /callbacks/secret'), secretAt(b, 'GET /callbacks/secret')])
  expect(same).toBe(first)
  const rotated = await Promise.all([
    secretAt(a, 'POST /callbacks/secret/rotate'),
    secretAt(b, 'POST /callbacks/secret/rotate'),
  ])
  const current = await secretAt(b, 'GET /callbacks/secret')
  expect(rotated).toContain(current)
  receiver.received.length = 0
  await cancel(a, token, await placeOrder(b, token, { callback_url: receiver.url }))
  const [received] = await until(
    () => receiver.received,
    list => list.length > 0,
  )
  for (const secret of [first, ...rotated]) {
    expect(() => new Webhook(secret).verify(received!.body, received!.headers as Record<string, string>)).not.toThrow()
  }
})

test('a price that both set at once is one of the two, also when it is the first of its cloud', async () => {
  const { token } = a.users.signIn({ role: 'operator' })
  for (let at = 1; at <= 15; at++) {
    await a.query('order', "delete from prices where cloud = 'NEW'")
    const put = (host: TestHost, amount: number) =>
      call<Price>(host.url, 'PUT /prices/NEW', { token, body: { amount, currency: 'USD' } })
    const replies = await Promise.all([put(a, at), put(b, 1_000 + at)])
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
    const { data: prices } = (await call<Price[]>(a.url, 'GET /prices')).body
    expect([at, 1_000 + at]).toContain(prices.find(({ cloud }) => cloud === 'NEW')?.amount)
  }
})

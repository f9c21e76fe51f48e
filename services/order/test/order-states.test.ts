import type { CancelReason, OrderState, OrderTransition } from '@waybill/contracts'
import { call, type TestHost } from '@waybill/platform/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  cancel,
  type Placed,
  placeOrder,
  showOrder,
  showProcess,
  startOrderService,
  tell,
} from './an-order-and-its-events.ts'

let host: TestHost
let token: string

beforeAll(async () => {
  host = await startOrderService()
  token = host.users.signIn().token
})
afterAll(() => host.stop())

/** How a new order comes into each state. */
const bring: Record<OrderState, (it: Placed) => Promise<unknown>> = {
  created: async () => {},
  confirmed: it => tell.authorized(host, it),
  delivered: async it => {
    await tell.authorized(host, it)
    await tell.finished(host, it)
  },
  cancelled: it => cancel(host, token, it),
}

const operations = {
  'payment.authorized': (it: Placed) => tell.authorized(host, it),
  'payment.declined': (it: Placed) => tell.declined(host, it),
  'export.progressed': (it: Placed) => tell.progressed(host, it),
  'export.finished': (it: Placed) => tell.finished(host, it),
  'export.failed': (it: Placed) => tell.failed(host, it),
  'a cancel': (it: Placed) => cancel(host, token, it),
}
type Operation = keyof typeof operations

/** What each operation makes of each state; `-` leaves it. */
const table: Record<OrderState, Record<Operation, `${OrderState}` | `cancelled ${CancelReason}` | '-'>> = {
  created: {
    'payment.authorized': 'confirmed',
    'payment.declined': 'cancelled payment_declined',
    'export.progressed': '-',
    'export.finished': '-',
    'export.failed': '-',
    'a cancel': 'cancelled cancelled_by_user',
  },
  confirmed: {
    'payment.authorized': '-',
    'payment.declined': '-',
    'export.progressed': '-',
    'export.finished': 'delivered',
    'export.failed': 'cancelled processing_failed',
    'a cancel': 'cancelled cancelled_by_user',
  },
  delivered: {
    'payment.authorized': '-',
    'payment.declined': '-',
    'export.progressed': '-',
    'export.finished': '-',
    'export.failed': '-',
    'a cancel': '-',
  },
  cancelled: {
    'payment.authorized': '-',
    'payment.declined': '-',
    'export.progressed': '-',
    'export.finished': '-',
    'export.failed': '-',
    'a cancel': '-',
  },
}

const cells = Object.entries(table).flatMap(([state, row]) =>
  Object.entries(row).map(([operation, outcome]) => ({
    state: state as OrderState,
    operation: operation as Operation,
    outcome,
  })),
)

const eventsAbout = (orderId: string) =>
  host.broker.published.filter(it => it.subject === orderId && it.type.startsWith('order.')).map(it => it.type)

const history = async (orderId: string) =>
  (await call<OrderTransition[]>(host.url, `GET /order/${orderId}/history`, { token })).body.data

describe('every state and everything that can happen in it', () => {
  test.each(cells)('$operation in state $state leads to: $outcome', async ({ state, operation, outcome }) => {
    const placed = await placeOrder(host, token)
    const { id, process_id } = placed.order
    await bring[state](placed)
    const before = await showOrder(host, token, id)
    const processBefore = await showProcess(host, token, process_id)
    const eventsBefore = eventsAbout(id)

    await operations[operation](placed)

    const after = await showOrder(host, token, id)
    const process = await showProcess(host, token, process_id)
    if (outcome === '-') {
      expect(after).toEqual(before)
      expect(eventsAbout(id)).toEqual(eventsBefore)
      const shows = state === 'confirmed' && operation === 'export.progressed' ? 40 : processBefore.percentage
      expect(process).toMatchObject({ status: processBefore.status, percentage: shows })
      return
    }
    const [to, reason = null] = outcome.split(' ')
    expect(after).toMatchObject({ state: to, cancel_reason: reason, version: before.version + 1 })
    expect(eventsAbout(id)).toEqual([...eventsBefore, `order.${to}`])
    expect((await history(id)).at(-1)).toMatchObject({ from: state, to, reason })
    expect(process.status).toBe(to === 'delivered' ? 1 : to === 'cancelled' ? 2 : 0)
    expect(process.percentage === 100).toBe(to === 'delivered')
    expect(process.finished_at !== null).toBe(to === 'delivered' || to === 'cancelled')
  })
})

describe('an event that is delivered twice', () => {
  const moving = cells.filter(it => it.outcome !== '-' && it.operation !== 'a cancel')

  test.each(moving)('$operation in state $state has one effect', async ({ state, operation }) => {
    const placed = await placeOrder(host, token)
    await bring[state](placed)
    const event = (await operations[operation](placed)) as Awaited<ReturnType<typeof tell.authorized>>
    const once = await showOrder(host, token, placed.order.id)
    const published = eventsAbout(placed.order.id)

    await host.broker.publish(event)

    expect(await showOrder(host, token, placed.order.id)).toEqual(once)
    expect(eventsAbout(placed.order.id)).toEqual(published)
  })
})

test('whatever happens in whatever order, state, history, process and events agree', async () => {
  const names = Object.keys(operations) as Operation[]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...names), { maxLength: 12 }), async sequence => {
      const placed = await placeOrder(host, token)
      const { id, process_id } = placed.order
      let percentage = 0
      for (const operation of sequence) {
        await operations[operation](placed)
        const order = await showOrder(host, token, id)
        const process = await showProcess(host, token, process_id)
        const steps = await history(id)
        expect(process.status).toBe(order.state === 'delivered' ? 1 : order.state === 'cancelled' ? 2 : 0)
        expect(process.percentage === 100).toBe(process.status === 1)
        expect(process.percentage).toBeGreaterThanOrEqual(percentage)
        expect(order.cancel_reason !== null).toBe(order.state === 'cancelled')
        expect(steps.map(it => it.from)).toEqual([null, ...steps.slice(0, -1).map(it => it.to)])
        expect(steps.at(-1)?.to).toBe(order.state)
        expect(order.version).toBe(steps.length)
        expect(eventsAbout(id)).toEqual(steps.map(it => `order.${it.to}`))
        percentage = process.percentage
      }
    }),
    { numRuns: 25 },
  )
})

test('cancelling a final order is refused and says so', async () => {
  for (const state of ['delivered', 'cancelled'] as const) {
    const placed = await placeOrder(host, token)
    await bring[state](placed)
    const reply = await cancel(host, token, placed)
    expect(reply.status).toBe(409)
    expect(reply.body).toMatchObject({ code: 'ORDER_NOT_CANCELLABLE' })
    expect(reply.body.detail).toContain(state)
  }
})

test('a failed export tells the owner why', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  await tell.failed(host, placed, 'there is no dataset airportz in cloud LOCAL')
  expect(await showProcess(host, token, placed.process.process_id)).toMatchObject({
    status: 2,
    state: 'failure',
    step: 'cancelled',
    reason: 'there is no dataset airportz in cloud LOCAL',
    data_url: null,
  })
  expect((await host.broker.waitFor('order.cancelled', placed.order.id)).data).toMatchObject({
    cancel_reason: 'processing_failed',
    amount: 100,
    currency: 'USD',
    payment_mode: 'now',
    cloud: 'LOCAL',
  })
})

test('the percentage never goes down and reaches 100 only with the delivery', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  const seen = []
  for (const percentage of [10, 70, 30, 100, 0]) {
    await tell.progressed(host, placed, percentage, `at ${percentage}`)
    const process = await showProcess(host, token, placed.process.process_id)
    seen.push([process.percentage, process.step])
  }
  expect(seen).toEqual([
    [10, 'at 10'],
    [70, 'at 70'],
    [70, 'at 70'],
    [99, 'at 100'],
    [99, 'at 100'],
  ])
})

test('news of an order that nobody knows becomes a dead letter', async () => {
  const placed = await placeOrder(host, token)
  const stranger = { ...placed, order: { ...placed.order, id: placed.process.process_id } }
  await tell.authorized(host, stranger)
  const operator = host.users.signIn({ role: 'operator' }).token
  await expect
    .poll(async () => {
      for (const wait of [1_000, 5_000, 25_000, 120_000]) host.clock.advance(wait)
      return (await call<{ event_type: string }[]>(host.url, 'GET /dead-letters', { token: operator })).body.data
    })
    .toMatchObject([{ event_type: 'payment.authorized', tries: 5 }])
})

describe('two at once', () => {
  test('a cancel and a confirmation: both may happen, in that order only once each', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const placed = await placeOrder(host, token)
        const [reply] = await Promise.all([cancel(host, token, placed), tell.authorized(host, placed)])
        expect(reply.status).toBe(200)
        const steps = (await history(placed.order.id)).map(it => it.to)
        expect(eventsAbout(placed.order.id).filter(type => type === 'order.cancelled')).toHaveLength(1)
        return steps.join(' ')
      }),
    )
    for (const outcome of outcomes) {
      expect(['created cancelled', 'created confirmed cancelled']).toContain(outcome)
    }
  })

  test('a cancel and a delivery: exactly one of them wins', async () => {
    await Promise.all(
      Array.from({ length: 12 }, async (_, at) => {
        const placed = await placeOrder(host, token)
        await tell.authorized(host, placed)
        const both = [() => cancel(host, token, placed), () => tell.finished(host, placed)]
        await Promise.all((at % 2 === 0 ? both : both.reverse()).map(start => start()))
        const { state } = await showOrder(host, token, placed.order.id)
        const ends = eventsAbout(placed.order.id).filter(it => it === 'order.cancelled' || it === 'order.delivered')
        expect(ends).toEqual([`order.${state}`])
        const { status, percentage } = await showProcess(host, token, placed.process.process_id)
        expect([status, percentage === 100]).toEqual(state === 'delivered' ? [1, true] : [2, false])
      }),
    )
  })

  test('ten cancels: one is answered 200, nine are refused', async () => {
    const placed = await placeOrder(host, token)
    const replies = await Promise.all(Array.from({ length: 10 }, () => cancel(host, token, placed)))
    expect(replies.map(reply => reply.status).sort()).toEqual([200, ...Array(9).fill(409)])
  })

  test('every transition is recorded under the request that led to it, though commits are shared', async () => {
    await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        const placed = await placeOrder(host, token)
        const requestId = `cancel-${at}-${placed.order.id}`
        await call(host.url, `POST /order/${placed.order.id}/cancel`, {
          token,
          headers: { 'X-Request-Id': requestId },
        })
        expect((await history(placed.order.id)).at(-1)?.request_id).toBe(requestId)
        expect((await host.broker.waitFor('order.cancelled', placed.order.id)).requestid).toBe(requestId)
      }),
    )
  })
})

import type { OrderTransition } from '@waybill/contracts'
import { call, type TestHost, until } from '@waybill/platform/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  cancel,
  order,
  placeOrder,
  showOrder,
  showProcess,
  startOrderService,
  tell,
} from './an-order-and-its-events.ts'

let host: TestHost
let token: string
const minutes = 60_000
const env = { ORDER_PAYMENT_WINDOW: '30m', ORDER_PROCESSING_WINDOW: '2h' }

beforeEach(async () => {
  host = await startOrderService({ env })
  token = host.users.signIn().token
})
afterEach(() => host.stop())

const stateOf = async (id: string) => (await showOrder(host, token, id)).state

test.each([
  ['later', 30],
  ['now', 120],
] as const)(
  'an order to be paid %s is cancelled when its payment does not come within %i min',
  async (mode, allowed) => {
    const reply = await order(host, token, { payment: { mode } }, { 'X-Request-Id': 'placed-1' })
    const { id, process_id } = reply.body.data.order
    host.clock.advance((allowed - 1) * minutes)
    // A second order's round trip gives a window that closes early the time to do so.
    await placeOrder(host, token)
    expect(await stateOf(id)).toBe('created')

    host.clock.advance(2 * minutes)
    await until(
      () => stateOf(id),
      state => state === 'cancelled',
    )
    expect((await showOrder(host, token, id)).cancel_reason).toBe('payment_expired')
    expect(await showProcess(host, token, process_id)).toMatchObject({
      status: 2,
      reason: 'the payment did not come in time',
    })
    const event = await host.broker.waitFor('order.cancelled', id)
    expect(event.data).toMatchObject({ cancel_reason: 'payment_expired', payment_mode: mode })
    expect(event.requestid).toBe('placed-1')
    const history = await call<OrderTransition[]>(host.url, `GET /order/${id}/history`, { token })
    expect(history.body.data.at(-1)).toMatchObject({ reason: 'payment_expired', request_id: 'placed-1' })
  },
)

test('a payment that comes after the window changes nothing', async () => {
  const placed = await placeOrder(host, token, { payment: { mode: 'later' } })
  host.clock.advance(31 * minutes)
  await until(
    () => stateOf(placed.order.id),
    state => state === 'cancelled',
  )
  await tell.authorized(host, placed)
  expect(await stateOf(placed.order.id)).toBe('cancelled')
})

test('a payment window that is shorter than a gateway is slow does not touch an order to be paid now', async () => {
  const { principal } = host.users.signIn()
  await host.stop()
  host = await startOrderService({ env: { ORDER_PAYMENT_WINDOW: '2s' } })
  token = host.users.signIn(principal).token
  const slow = await placeOrder(host, token)
  const witness = await placeOrder(host, token, { payment: { mode: 'later' } })
  host.clock.advance(30_000)
  await until(
    () => stateOf(witness.order.id),
    state => state === 'cancelled',
  )
  expect(await stateOf(slow.order.id)).toBe('created')
  await tell.authorized(host, slow)
  await tell.finished(host, slow)
  expect(await stateOf(slow.order.id)).toBe('delivered')
})

test.each(['now', 'later'] as const)('an order paid %s has the whole processing window for its export', async mode => {
  const placed = await placeOrder(host, token, { payment: { mode } })
  host.clock.advance(25 * minutes)
  await tell.authorized(host, placed)
  host.clock.advance(119 * minutes)
  await placeOrder(host, token)
  expect(await stateOf(placed.order.id)).toBe('confirmed')
  host.clock.advance(2 * minutes)
  await until(
    () => stateOf(placed.order.id),
    state => state === 'cancelled',
  )
})

test('an order that is paid later in time goes on, and its process says what it waits for', async () => {
  const placed = await placeOrder(host, token, { payment: { mode: 'later' } })
  expect(placed.process).toMatchObject({ step: 'awaiting_payment', eta_seconds: null })
  host.clock.advance(20 * minutes)
  await tell.authorized(host, placed)
  host.clock.advance(20 * minutes)
  await placeOrder(host, token)
  expect(await stateOf(placed.order.id)).toBe('confirmed')
  expect((await showProcess(host, token, placed.process.process_id)).step).toBe('exporting')
})

test('an export that does not end in time is given up', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  host.clock.advance(121 * minutes)
  await until(
    () => stateOf(placed.order.id),
    state => state === 'cancelled',
  )
  expect((await showOrder(host, token, placed.order.id)).cancel_reason).toBe('processing_failed')
  expect((await showProcess(host, token, placed.process.process_id)).reason).toBe('the export did not finish in time')
})

test('a delivered order is left alone when its windows would have closed', async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  await tell.finished(host, placed)
  host.clock.advance(180 * minutes)
  const witness = await placeOrder(host, token, { payment: { mode: 'later' } })
  host.clock.advance(31 * minutes)
  await until(
    () => stateOf(witness.order.id),
    state => state === 'cancelled',
  )
  expect(await stateOf(placed.order.id)).toBe('delivered')
})

test('an order waits for one thing at a time, and a final one for nothing', async () => {
  const waitsFor = async (id: string) =>
    (await host.query('order', 'select kind from timers where subject = ?', id)).map(row => row.kind)
  const placed = await placeOrder(host, token)
  expect(await waitsFor(placed.order.id)).toEqual(['payment-window'])
  await tell.authorized(host, placed)
  expect(await waitsFor(placed.order.id)).toEqual(['processing-window'])
  await tell.finished(host, placed)
  expect(await waitsFor(placed.order.id)).toEqual([])

  const unpaid = await placeOrder(host, token)
  await cancel(host, token, unpaid)
  expect(await waitsFor(unpaid.order.id)).toEqual([])
  const running = await placeOrder(host, token)
  await tell.authorized(host, running)
  await tell.failed(host, running)
  expect(await waitsFor(running.order.id)).toEqual([])
})

test('windows survive a restart', async () => {
  const { principal } = host.users.signIn()
  token = host.users.signIn(principal).token
  const unpaid = await placeOrder(host, token)
  const running = await placeOrder(host, token)
  await tell.authorized(host, running)
  host = await host.restart()
  token = host.users.signIn(principal).token
  host.clock.advance(121 * minutes)
  for (const { order } of [unpaid, running]) {
    await until(
      () => stateOf(order.id),
      state => state === 'cancelled',
    )
  }
})

test('what was not published before a restart is published after it', async () => {
  const { principal } = host.users.signIn()
  token = host.users.signIn(principal).token
  host.broker.publish = () => Promise.reject(new Error('the broker is down'))
  const placed = await placeOrder(host, token)
  host = await host.restart()
  expect((await host.broker.waitFor('order.created', placed.order.id)).data).toMatchObject({ amount: 100 })
})

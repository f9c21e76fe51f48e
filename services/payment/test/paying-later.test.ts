// An order that is placed to be paid later, and paid by its customer.
import type { Payment } from '@waybill/contracts'
import { call, type FakePeer, startFakePeer, startService, type TestHost } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPaymentService } from '../src/payment-service.ts'
import { attemptsOf, newOrder, paymentBecomes, paymentOf, saidOf, showOrderTo, signIn, tell } from './an-order.ts'
import { ledgerOf } from './faulty-gateway.ts'

let host: TestHost
let orderService: FakePeer

beforeAll(async () => {
  orderService = await startFakePeer()
  host = await startService([createPaymentService], { peerUrls: { order: orderService.url } })
})
afterAll(async () => {
  await host.stop()
  await orderService.stop()
})

async function placeLater(facts: Parameters<typeof newOrder>[1] = {}) {
  const { userId, token } = signIn(host)
  const order = newOrder(userId, { payment_mode: 'later', payment_token: null, ...facts })
  await tell(host, 'order.created', order.created)
  return { order, token, order_id: order.created.order_id }
}

function pay(token: string, body: unknown, headers?: Record<string, string>) {
  return call<Payment>(host.url, 'POST /payment', { token, body, headers })
}

test('it is pending from the start, and nobody is charged until it is paid', async () => {
  const { order, token, order_id } = await placeLater()
  expect(await paymentOf(host, token, order)).toMatchObject({ state: 'pending', verdict: null, attempts: [] })
  const { status, body } = await pay(token, { order_id, token: 'tok_approve' })
  expect(status).toBe(202)
  expect(body.data).toMatchObject({ order_id, state: 'pending', gateway: 'mock' })
  await paymentBecomes(host, token, order, 'authorized')
  expect(await saidOf(host, order)).toEqual(['payment.authorized'])
})

test('a token that came with the order is used when none is given with the payment', async () => {
  const { order, token, order_id } = await placeLater({ payment_token: 'tok_decline' })
  await pay(token, { order_id })
  await paymentBecomes(host, token, order, 'declined')
})

test('cancelled unpaid it is voided, and can be paid no more', async () => {
  const { order, token, order_id } = await placeLater()
  await tell(host, 'order.cancelled', order.cancelled('payment_expired'))
  expect((await paymentOf(host, token, order)).state).toBe('voided')
  expect(await saidOf(host, order)).toEqual(['payment.voided'])
  const { status, body } = await pay(token, { order_id, token: 'tok_approve' })
  expect([status, body.code]).toEqual([409, 'ORDER_NOT_PAYABLE'])
})

test('paid by many requests at once, it is charged once', async () => {
  const { order, token, order_id } = await placeLater()
  const replies = await Promise.all(Array.from({ length: 8 }, () => pay(token, { order_id, token: 'tok_approve' })))
  expect(replies.map(({ status }) => status).sort()).toEqual([202, ...Array(7).fill(409)])
  const { id } = await paymentBecomes(host, token, order, 'authorized')
  expect(await ledgerOf(host, id)).toHaveLength(1)
})

test('paid and cancelled at once, either it was never payable or its money is released', async () => {
  const { order, token, order_id } = await placeLater()
  const [{ status }] = await Promise.all([
    pay(token, { order_id, token: 'tok_approve' }),
    tell(host, 'order.cancelled', order.cancelled()),
  ])
  expect([202, 409]).toContain(status)
  const { id } = await paymentBecomes(host, token, order, 'voided')
  expect([[], ['authorize', 'void']]).toContainEqual((await ledgerOf(host, id)).map(({ operation }) => operation))
})

test('a request with the same Idempotency-Key gets the first answer again', async () => {
  const { order, token, order_id } = await placeLater()
  const headers = { 'Idempotency-Key': uuidv7() }
  const first = await pay(token, { order_id, token: 'tok_approve' }, headers)
  await paymentBecomes(host, token, order, 'authorized')
  const second = await pay(token, { order_id, token: 'tok_approve' }, headers)
  expect(second.text).toBe(first.text)
  expect([first.status, second.status]).toEqual([202, 202])
  expect(second.headers.get('Idempotency-Replayed')).toBe('true')
  const other = await pay(token, { order_id, token: 'tok_slow' }, headers)
  expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
})

test.each([
  [{ token: 'tok_nonsense' }, ['token']],
  [{ gateway: 'mock', token: 'pm_card_visa' }, ['token']],
  [{ gateway: 'paypal' }, ['gateway']],
  [{ gateway: 'stripe', token: 'pm_card_visa' }, ['gateway']],
  [{ order_id: 'nonsense' }, ['order_id']],
  [{ amount: 1 }, ['amount']],
])('a payment with %j is refused and changes nothing', async (wrong, fields) => {
  const { order, token, order_id } = await placeLater()
  const { status, body } = await pay(token, { order_id, ...wrong })
  expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
  expect(body.errors?.map(({ field }) => field)).toEqual(fields)
  expect(await paymentOf(host, token, order)).toMatchObject({ state: 'pending', attempts: [] })
})

test("nobody pays somebody else's order, not even an operator, and an order that is not there is nobody's", async () => {
  const { order, token, order_id } = await placeLater()
  for (const role of ['customer', 'operator'] as const) {
    const { status, body } = await pay(signIn(host, { role }).token, { order_id, token: 'tok_approve' })
    expect([status, body.code]).toEqual([404, 'ORDER_NOT_FOUND'])
  }
  const unknown = await pay(token, { order_id: uuidv7(), token: 'tok_approve' })
  expect([unknown.status, unknown.body.code]).toEqual([404, 'ORDER_NOT_FOUND'])
  expect(attemptsOf(await paymentOf(host, token, order))).toEqual([])
})

test('paid before its event arrived, the payment is opened from the order, and the late event changes nothing', async () => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId, { payment_mode: 'later', payment_token: 'tok_decline' })
  showOrderTo(orderService, order)
  const { status } = await pay(token, { order_id: order.created.order_id, token: 'tok_approve' })
  expect(status).toBe(202)
  expect(orderService.asked.at(-1)?.token).toBe(token)
  await tell(host, 'order.created', order.created)
  const payment = await paymentBecomes(host, token, order, 'authorized')
  expect(attemptsOf(payment)).toEqual(['authorize succeeded'])
})

test('an order that was cancelled before any event arrived is not payable', async () => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId, { payment_mode: 'later' })
  showOrderTo(orderService, order, 'cancelled')
  const { status, body } = await pay(token, { order_id: order.created.order_id, token: 'tok_approve' })
  expect([status, body.code]).toEqual([409, 'ORDER_NOT_PAYABLE'])
})

test('while the order service is down, an order that is not known here cannot be paid, and that is said', async () => {
  const { token } = signIn(host)
  const order_id = uuidv7()
  orderService.answers[`GET /order/${order_id}`] = undefined
  const { status, body, headers } = await pay(token, { order_id, token: 'tok_approve' })
  expect([status, body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
  expect(headers.get('Retry-After')).not.toBeNull()
})

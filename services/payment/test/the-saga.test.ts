// The way of the money along an order that goes as it should, and along one that does not.
import { startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPaymentService } from '../src/payment-service.ts'
import { attemptsOf, newOrder, paymentBecomes, saidOf, signIn, tell } from './an-order.ts'

let host: TestHost

beforeAll(async () => {
  host = await startService([createPaymentService])
})
afterAll(() => host.stop())

test('an order that is placed has its money reserved, and taken once it is delivered', async () => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  await tell(host, 'order.created', order.created)
  const authorized = await host.broker.waitFor('payment.authorized', order.created.order_id)
  expect(authorized.data).toMatchObject({ order_id: order.created.order_id, amount: 300, currency: 'USD' })

  await tell(host, 'order.delivered', order.delivered)
  const captured = await host.broker.waitFor('payment.captured', order.created.order_id)
  expect(captured.data.amount).toBe(300)
  const payment = await paymentBecomes(host, token, order, 'captured')
  expect(payment).toMatchObject({ verdict: 'confirmed', gateway: 'mock', refunded_amount: 0, decline_code: null })
  expect(attemptsOf(payment)).toEqual(['authorize succeeded', 'capture succeeded'])
  expect(await saidOf(host, order)).toEqual(['payment.authorized', 'payment.captured'])
})

test('an order that is cancelled before its delivery has its money released', async () => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  await tell(host, 'order.created', order.created)
  await host.broker.waitFor('payment.authorized', order.created.order_id)
  await tell(host, 'order.cancelled', order.cancelled('processing_failed'))
  await host.broker.waitFor('payment.voided', order.created.order_id)
  const payment = await paymentBecomes(host, token, order, 'voided')
  expect(payment.verdict).toBe('confirmed')
  expect(attemptsOf(payment)).toEqual(['authorize succeeded', 'void succeeded'])
})

test('a payment that the gateway declines is declined for good', async () => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId, { payment_token: 'tok_decline' })
  await tell(host, 'order.created', order.created)
  const { data } = await host.broker.waitFor('payment.declined', order.created.order_id)
  expect(data.decline_code).toBe('card_declined')
  const payment = await paymentBecomes(host, token, order, 'declined')
  expect(payment).toMatchObject({ verdict: 'declined', decline_code: 'card_declined' })
})

test('the event about a payment carries the request id of the order that set it off', async () => {
  const { userId } = signIn(host)
  const order = newOrder(userId)
  const created = await tell(host, 'order.created', order.created)
  const authorized = await host.broker.waitFor('payment.authorized', order.created.order_id)
  expect(authorized.requestid).toBe(created.requestid)
})

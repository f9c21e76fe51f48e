// What operators and their tools ask of many payments at once: those of a hundred orders, and those that nobody knows about.
import type { Payment } from '@waybill/contracts'
import { call, startService, type TestHost, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { attemptsOf, newOrder, paymentBecomes, paymentOf, signIn, tell } from './an-order.ts'
import { FaultyGateway } from './faulty-gateway.ts'

let host: TestHost
const gateway = new FaultyGateway()

beforeAll(async () => {
  host = await startService([paymentServiceWith({ wrapGateway: gateway.wrap, gatewayPatience: 300 })])
})
afterAll(() => host.stop())

const operator = () => signIn(host, { role: 'operator' }).token
const ask = (orderIds: unknown[], token = operator()) =>
  call<Payment[]>(host.url, 'POST /payments/details', { token, body: { order_ids: orderIds } })
const authorizedOrder = async () => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  await tell(host, 'order.created', order.created)
  return { order, payment: await paymentBecomes(host, token, order, 'authorized'), token }
}

test('the payments of many orders are each what they are alone, whoever they belong to', async () => {
  const [a, b] = [await authorizedOrder(), await authorizedOrder()]
  await tell(host, 'order.delivered', a.order.delivered)
  const captured = await paymentBecomes(host, a.token, a.order, 'captured')
  expect(attemptsOf(captured)).toEqual(['authorize succeeded', 'capture succeeded'])
  const { status, body } = await ask([a, b].map(({ order }) => order.created.order_id))
  expect(status).toBe(200)
  const byOrder = new Map(body.data.map(payment => [payment.order_id, payment]))
  expect(byOrder.size).toBe(2)
  expect(byOrder.get(a.order.created.order_id)).toEqual(captured)
  expect(byOrder.get(b.order.created.order_id)).toEqual(b.payment)
})

test('an order without a payment is left out, and gets none by being asked for', async () => {
  const { order } = await authorizedOrder()
  const unknown = uuidv7()
  const { body } = await ask([unknown, order.created.order_id])
  expect(body.data.map(it => it.order_id)).toEqual([order.created.order_id])
  expect(await host.query('payment', 'select id from payments where order_id = ?', unknown)).toEqual([])
})

test('customers may not ask, not even for their own', async () => {
  const { order, token } = await authorizedOrder()
  const { status, body } = await ask([order.created.order_id], token)
  expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
})

test('between one and a hundred orders can be asked for at once, each once', async () => {
  const hundred = Array.from({ length: 100 }, () => uuidv7())
  expect((await ask(hundred)).body.data).toEqual([])
  for (const bad of [[], [...hundred, uuidv7()], [hundred[0], hundred[0]], ['1'], [null]]) {
    expect((await ask(bad)).status, JSON.stringify(bad).slice(0, 60)).toBe(400)
  }
})

test('the metrics count payments that nobody knows about, with the age of the oldest', async () => {
  const metric = async (name: string) => {
    const { text } = await call(host.url, 'GET /metrics')
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  }
  expect(await metric('waybill_payments_unknown')).toBe(0)
  expect(await metric('waybill_payments_unknown_oldest_seconds')).toBe(0)

  gateway.faults.authorize.push('lost')
  gateway.unanswered = 3
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  await tell(host, 'order.created', order.created)
  const { updated_at } = await paymentBecomes(host, token, order, 'unknown')
  await until(
    () => metric('waybill_payments_unknown'),
    count => count === 1,
    15,
  )
  host.clock.advance(4_000)
  const age = (host.clock.now() - Date.parse(updated_at)) / 1_000
  const shown = await metric('waybill_payments_unknown_oldest_seconds')
  expect(shown).toBeGreaterThanOrEqual(age)
  expect(shown).toBeLessThan(age + 10)

  gateway.unanswered = 0
  // A question that was under way at a jump counts its pause from behind it.
  const jumping = setInterval(() => host.clock.advance(3_600_000), 100)
  await paymentBecomes(host, token, order, 'authorized').finally(() => clearInterval(jumping))
  expect((await paymentOf(host, token, order)).state).toBe('authorized')
  await until(
    () => metric('waybill_payments_unknown'),
    count => count === 0,
    15,
  )
})

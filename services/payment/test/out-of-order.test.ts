// Events that come twice, late, or while something is under way.
import type { AnyCloudEvent } from '@waybill/contracts'
import { call, startService, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { attemptsOf, newOrder, paymentBecomes, paymentOf, saidOf, signIn, tell } from './an-order.ts'
import { FaultyGateway, ledgerOf } from './faulty-gateway.ts'

let host: TestHost
const gateway = new FaultyGateway()

beforeAll(async () => {
  host = await startService([paymentServiceWith({ wrapGateway: gateway.wrap })])
})
afterAll(() => host.stop())
beforeEach(() => {
  gateway.asked.length = 0
})

test.each(['now', 'later'] as const)('an order (%s) whose cancellation comes first is never charged', async mode => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId, { payment_mode: mode })
  await tell(host, 'order.cancelled', order.cancelled())
  await host.broker.waitFor('payment.voided', order.created.order_id)
  const created = await tell(host, 'order.created', order.created)
  await host.broker.publish(created)
  const payment = await paymentOf(host, token, order)
  expect(payment).toMatchObject({ state: 'voided', attempts: [], verdict: null })
  expect(await saidOf(host, order)).toEqual(['payment.voided'])
})

test('every event delivered twice, and at the same time, has one effect', async () => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  const twice = async (event: AnyCloudEvent) => {
    await Promise.all([host.broker.publish(event), host.broker.publish(event)])
  }
  await twice(await tell(host, 'order.created', order.created))
  await paymentBecomes(host, token, order, 'authorized')
  await twice(await tell(host, 'order.delivered', order.delivered))
  const payment = await paymentBecomes(host, token, order, 'captured')
  expect(attemptsOf(payment)).toEqual(['authorize succeeded', 'capture succeeded'])
  expect(await saidOf(host, order)).toEqual(['payment.authorized', 'payment.captured'])
  expect(await ledgerOf(host, payment.id)).toHaveLength(2)
})

test('created and cancelled at the same time, no money stays', async () => {
  const orders = Array.from({ length: 10 }, () => {
    const customer = signIn(host)
    return { customer, order: newOrder(customer.userId) }
  })
  await Promise.all(
    orders.flatMap(({ order }) => [
      tell(host, 'order.created', order.created),
      tell(host, 'order.cancelled', order.cancelled()),
    ]),
  )
  for (const { customer, order } of orders) {
    const { id } = await paymentBecomes(host, customer.token, order, 'voided')
    const moved = (await ledgerOf(host, id)).map(({ operation }) => operation)
    expect([[], ['authorize', 'void']]).toContainEqual(moved)
  }
})

test('cancelled while the gateway authorizes: the answer is waited for, then the money is released', async () => {
  gateway.faults.authorize.push('hold')
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  await tell(host, 'order.created', order.created)
  await until(
    () => gateway.holding,
    holding => holding === 1,
  )
  await tell(host, 'order.cancelled', order.cancelled())
  expect((await paymentOf(host, token, order)).state).toBe('pending')
  gateway.letGo()
  const payment = await paymentBecomes(host, token, order, 'voided')
  expect(attemptsOf(payment)).toEqual(['authorize succeeded', 'void succeeded'])
  expect(await saidOf(host, order)).toEqual(['payment.authorized', 'payment.voided'])
})

test('cancelled between two tries during an outage: nothing is tried again', async () => {
  gateway.faults.authorize.push('outage')
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  await tell(host, 'order.created', order.created)
  await until(
    () => paymentOf(host, token, order),
    ({ attempts }) => attempts[0]?.outcome === 'failed',
  )
  await tell(host, 'order.cancelled', order.cancelled())
  expect((await paymentOf(host, token, order)).state).toBe('voided')
  host.clock.advance(600_000)
  const other = newOrder(userId)
  await tell(host, 'order.created', other.created)
  await paymentBecomes(host, token, other, 'authorized')
  expect(attemptsOf(await paymentOf(host, token, order))).toEqual(['authorize failed'])
})

test('a delivery without a payment is kept for an operator in the end', async () => {
  const operator = signIn(host, { role: 'operator' })
  const order = newOrder(operator.userId)
  const event = await tell(host, 'order.delivered', order.delivered)
  await until(
    async () => {
      host.clock.advance(120_000)
      const { body } = await call<{ event_id: string }[]>(host.url, 'GET /dead-letters', { token: operator.token })
      return body.data
    },
    letters => letters.some(({ event_id }) => event_id === event.id),
  )
})

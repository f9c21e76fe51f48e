// The way of the money along an order that goes as it should, and along one that does not.
import { startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPaymentService } from '../src/payment-service.ts'
import { attemptsOf, newOrder, paymentBecomes, saidOf, signIn, tell } from './an-order.ts'
import { gatewaysOfService, type OpenedGateway } from './gateways-under-test.ts'

describe.each(gatewaysOfService)('by the gateway $name', ({ name, open }) => {
  let host: TestHost
  let gateway: OpenedGateway

  beforeAll(async () => {
    gateway = await open()
    host = await startService([createPaymentService], { env: gateway.env })
  })
  afterAll(async () => {
    await host.stop()
    await gateway.close()
  })

  test('an order that is placed has its money reserved, and taken once it is delivered', async () => {
    const { userId, token } = signIn(host)
    const order = newOrder(userId, gateway.approved)
    await tell(host, 'order.created', order.created)
    const authorized = await host.broker.waitFor('payment.authorized', order.created.order_id)
    expect(authorized.data).toMatchObject({ order_id: order.created.order_id, amount: 300, currency: 'USD' })

    await tell(host, 'order.delivered', order.delivered)
    const captured = await host.broker.waitFor('payment.captured', order.created.order_id)
    expect(captured.data.amount).toBe(300)
    const payment = await paymentBecomes(host, token, order, 'captured')
    expect(payment).toMatchObject({ verdict: 'confirmed', gateway: name, refunded_amount: 0, decline_code: null })
    expect(attemptsOf(payment)).toEqual(['authorize succeeded', 'capture succeeded'])
    expect(await saidOf(host, order)).toEqual(['payment.authorized', 'payment.captured'])
  })

  test('an order that is cancelled before its delivery has its money released', async () => {
    const { userId, token } = signIn(host)
    const order = newOrder(userId, gateway.approved)
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
    const order = newOrder(userId, gateway.declined)
    await tell(host, 'order.created', order.created)
    const { data } = await host.broker.waitFor('payment.declined', order.created.order_id)
    expect(data.decline_code).toBe(gateway.declineCode)
    const payment = await paymentBecomes(host, token, order, 'declined')
    expect(payment).toMatchObject({ verdict: 'declined', decline_code: gateway.declineCode })
  })

  test('the event about a payment carries the request id of the order that set it off', async () => {
    const { userId } = signIn(host)
    const order = newOrder(userId, gateway.approved)
    const created = await tell(host, 'order.created', order.created)
    const authorized = await host.broker.waitFor('payment.authorized', order.created.order_id)
    expect(authorized.requestid).toBe(created.requestid)
  })
})

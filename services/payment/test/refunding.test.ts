// Giving money back: never more than was taken, whatever happens meanwhile.
import type { Payment } from '@waybill/contracts'
import { call, startService, type TestHost, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { type Customer, newOrder, paymentBecomes, paymentOf, saidOf, signIn, tell } from './an-order.ts'
import { FaultyGateway } from './faulty-gateway.ts'
import { gatewaysOfService, type OpenedGateway } from './gateways-under-test.ts'

describe.each(gatewaysOfService)('by the gateway $name', ({ open }) => {
  let host: TestHost
  let operator: Customer
  let opened: OpenedGateway
  const gateway = new FaultyGateway()

  beforeAll(async () => {
    opened = await open()
    const create = paymentServiceWith({ wrapGateway: gateway.wrap, gatewayPatience: 300 })
    host = await startService([create], { env: opened.env })
    operator = signIn(host, { role: 'operator' })
  })
  afterAll(async () => {
    await host.stop()
    await opened.close()
  })

  async function capture() {
    const { userId, token } = signIn(host)
    const order = newOrder(userId, opened.approved)
    await tell(host, 'order.created', order.created)
    await paymentBecomes(host, token, order, 'authorized')
    await tell(host, 'order.delivered', order.delivered)
    const { id } = await paymentBecomes(host, token, order, 'captured')
    return { id, order, token }
  }

  function refund(id: string, body: unknown = { reason: 'a test' }, token = operator.token) {
    return call<Payment>(host.url, `POST /payment/${id}/refund`, { token, body })
  }

  async function refundedIn(paymentId: string): Promise<number> {
    const refunds = (await opened.moved(host, paymentId)).filter(({ operation }) => operation === 'refund')
    return refunds.reduce((sum, { amount }) => sum + amount, 0)
  }

  test('without an amount all that is left is given back', async () => {
    const { id, order } = await capture()
    const { status, body } = await refund(id)
    expect(status).toBe(200)
    expect(body.data).toMatchObject({ state: 'refunded', refunded_amount: 300, verdict: 'confirmed' })
    const { data } = await host.broker.waitFor('payment.refunded', order.created.order_id)
    expect(data.amount).toBe(300)
  })

  test('in parts the payment stays captured until all is back, and every part is an event', async () => {
    const { id, order } = await capture()
    const first = await refund(id, { amount: 100, reason: 'a part' })
    expect(first.body.data).toMatchObject({ state: 'captured', refunded_amount: 100 })
    const second = await refund(id, { reason: 'the rest' })
    expect(second.body.data).toMatchObject({ state: 'refunded', refunded_amount: 300 })
    const amounts = host.broker.published
      .filter(({ type, subject }) => type === 'payment.refunded' && subject === order.created.order_id)
      .map(event => (event.type === 'payment.refunded' ? event.data.amount : 0))
    expect(amounts).toEqual([100, 200])
  })

  test('more than is left is refused, and nothing is given back', async () => {
    const { id } = await capture()
    const { status, body } = await refund(id, { amount: 301, reason: 'too much' })
    expect([status, body.code]).toEqual([409, 'REFUND_EXCEEDS_CAPTURED'])
    expect(body.detail).toContain('300')
    expect(await refundedIn(id)).toBe(0)
  })

  test('many refunds at once give back no more than was taken', async () => {
    const { id, order, token } = await capture()
    const replies = await Promise.all(Array.from({ length: 10 }, () => refund(id, { amount: 90, reason: 'at once' })))
    const statuses = replies.map(({ status }) => status)
    expect(statuses.filter(status => status === 200)).toHaveLength(3)
    expect(replies.filter(({ body }) => body.code === 'REFUND_EXCEEDS_CAPTURED')).toHaveLength(7)
    expect(await paymentOf(host, token, order)).toMatchObject({ state: 'captured', refunded_amount: 270 })
    expect(await refundedIn(id)).toBe(270)
  })

  test('many refunds of all at once: one wins', async () => {
    const { id } = await capture()
    const replies = await Promise.all(Array.from({ length: 6 }, () => refund(id)))
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409])
    expect(await refundedIn(id)).toBe(300)
  })

  test('while the gateway is out of order nothing is given back, that is said, and it can be tried again', async () => {
    const { id, order, token } = await capture()
    gateway.faults.refund.push('outage')
    const { status, body, headers } = await refund(id)
    expect([status, body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
    expect(headers.get('Retry-After')).not.toBeNull()
    expect(await paymentOf(host, token, order)).toMatchObject({ state: 'captured', refunded_amount: 0 })
    expect((await refund(id)).body.data.state).toBe('refunded')
  })

  test('a refund that the gateway refuses is said to be refused, and its amount is free again', async () => {
    const { id } = await capture()
    gateway.faults.refund.push('refuse')
    const { status, body } = await refund(id)
    expect([status, body.code]).toEqual([502, 'GATEWAY_REFUSED'])
    expect((await refund(id)).body.data.refunded_amount).toBe(300)
  })

  test.each(['lost', 'hang-after', 'unreached'] as const)(
    'a refund that is %s is unknown until the gateway was asked, and no other can begin',
    async fault => {
      const { id, order, token } = await capture()
      gateway.faults.refund.push(fault)
      const { status, body } = await refund(id, { amount: 100, reason: 'lost' })
      expect(status).toBe(200)
      expect(body.data).toMatchObject({ state: 'unknown', refunded_amount: 0 })
      const other = await refund(id, { amount: 100, reason: 'another' })
      expect([other.status, other.body.code]).toEqual([409, 'PAYMENT_BUSY'])
      host.clock.advance(5_000)
      const payment = await paymentBecomes(host, token, order, 'captured')
      expect(payment.refunded_amount).toBe(100)
      expect(await refundedIn(id)).toBe(100)
      expect((await saidOf(host, order)).filter(type => type === 'payment.refunded')).toHaveLength(1)
    },
  )

  test('of two refunds at once one is lost: the other counts, and the payment is unknown until both are known', async () => {
    const { id, order, token } = await capture()
    gateway.faults.refund.push('lost')
    // The work on the second may ask about the first before we can look.
    gateway.unanswered = 1
    await Promise.all([refund(id, { amount: 100, reason: 'one' }), refund(id, { amount: 200, reason: 'two' })])
    const between = await paymentOf(host, token, order)
    expect(between.state).toBe('unknown')
    const payment = await until(
      async () => {
        host.clock.advance(5_000)
        return paymentOf(host, token, order)
      },
      ({ state }) => state === 'refunded',
    )
    expect(payment.refunded_amount).toBe(300)
    expect(await refundedIn(id)).toBe(300)
  })

  test('an order that is cancelled after its money was taken gets back what is left of it', async () => {
    const { id, order, token } = await capture()
    await refund(id, { amount: 100, reason: 'a part' })
    gateway.faults.refund.push('outage', 'lost')
    await tell(host, 'order.cancelled', order.cancelled('processing_failed'))
    await until(
      async () => {
        host.clock.advance(5_000)
        return paymentOf(host, token, order)
      },
      ({ state }) => state === 'refunded',
    )
    expect(await refundedIn(id)).toBe(300)
  })

  test('only an operator gives money back, of a payment that is there, for a reason', async () => {
    const { id, token } = await capture()
    const byOwner = await refund(id, { reason: 'mine' }, token)
    expect([byOwner.status, byOwner.body.code]).toEqual([403, 'FORBIDDEN'])
    const unknown = await refund(uuidv7())
    expect([unknown.status, unknown.body.code]).toEqual([404, 'PAYMENT_NOT_FOUND'])
    for (const [body, field] of [
      [{}, 'reason'],
      [{ amount: 0, reason: 'none' }, 'amount'],
      [{ amount: -1, reason: 'less' }, 'amount'],
      [{ amount: 1.5, reason: 'half' }, 'amount'],
      [{ amount: '1', reason: 'text' }, 'amount'],
    ] as const) {
      const { status, body: problem } = await refund(id, body)
      expect([status, problem.errors?.map(error => error.field)]).toEqual([400, [field]])
    }
    expect(await refundedIn(id)).toBe(0)
  })
})

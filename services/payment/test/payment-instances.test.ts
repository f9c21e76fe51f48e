// Two instances of the payment service on one database: whichever does the work, money moves once and whoever asked learns of it.
import type { Payment } from '@waybill/contracts'
import {
  call,
  type FakePeer,
  type Reply,
  startFakePeer,
  startService,
  type TestHost,
  until,
} from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { attemptsOf, type Customer, newOrder, paymentBecomes, saidOf, showOrderTo, signIn, tell } from './an-order.ts'
import { FaultyGateway } from './faulty-gateway.ts'
import { gatewaysOfService, type OpenedGateway } from './gateways-under-test.ts'

describe.each(gatewaysOfService)('by the gateway $name', ({ name, open }) => {
  let a: TestHost
  let b: TestHost
  let orderService: FakePeer
  let operator: Customer
  let opened: OpenedGateway
  /** What each instance asked its gateway; the gateways share their memory, as one that lies across the network does. */
  const gateways = { a: new FaultyGateway(), b: new FaultyGateway() }

  beforeAll(async () => {
    orderService = await startFakePeer()
    opened = await open()
    const options = { peerUrls: { order: orderService.url }, env: opened.env }
    const create = (gateway: FaultyGateway) => [
      paymentServiceWith({ wrapGateway: gateway.wrap, gatewayPatience: 8_000 }),
    ]
    a = await startService(create(gateways.a), options)
    b = await startService(create(gateways.b), { ...options, beside: a })
    operator = signIn(a, { role: 'operator' })
  })
  beforeEach(() => {
    for (const gateway of [gateways.a, gateways.b]) gateway.asked.length = 0
  })
  afterAll(async () => {
    await b.stop()
    await a.stop()
    await orderService.stop()
    await opened.close()
  })

  async function placed(facts: Parameters<typeof newOrder>[1] = {}) {
    const { userId, token } = signIn(a)
    const order = newOrder(userId, { ...opened.approved, ...facts })
    // Both instances get it at once, as when a message is handed out twice.
    await tell(a, 'order.created', order.created)
    return { order, token, order_id: order.created.order_id }
  }

  async function captured() {
    const { order, token } = await placed()
    await paymentBecomes(a, token, order, 'authorized')
    await tell(a, 'order.delivered', order.delivered)
    const { id } = await paymentBecomes(a, token, order, 'captured')
    return { id, order, token }
  }

  const succeeded = async (paymentId: string, operation: string) =>
    (await opened.moved(a, paymentId)).filter(entry => entry.operation === operation)

  function refund(host: TestHost, id: string, amount?: number): Promise<Reply<Payment>> {
    return call<Payment>(host.url, `POST /payment/${id}/refund`, {
      token: operator.token,
      body: { amount, reason: 'a test' },
    })
  }

  describe('an order that both are told of at once', () => {
    test('is charged once and said to be once, every time', async () => {
      const orders = await Promise.all(Array.from({ length: 15 }, () => placed()))
      for (const { order, token } of orders) {
        const payment = await paymentBecomes(b, token, order, 'authorized')
        expect(attemptsOf(payment)).toEqual(['authorize succeeded'])
        expect(await succeeded(payment.id, 'authorize')).toHaveLength(1)
        expect(await saidOf(a, order)).toEqual(['payment.authorized'])
      }
    })
  })

  describe('paying later', () => {
    test('at both at once is taken once: the other is refused, or replays under the same key', async () => {
      for (let at = 0; at < 12; at++) {
        const { order, token, order_id } = await placed({ payment_mode: 'later', payment_token: null })
        showOrderTo(orderService, order)
        const keyed = at % 2 === 0
        const headers: Record<string, string> = keyed ? { 'Idempotency-Key': `pay-${at}` } : {}
        const body = { order_id, token: opened.approved.payment_token }
        const replies = await Promise.all(
          [a, b].map(host => call<Payment>(host.url, 'POST /payment', { token, body, headers })),
        )
        const statuses = replies.map(({ status }) => status).sort()
        if (keyed) {
          expect(statuses).toEqual([202, 202])
          expect(replies[0]!.text).toBe(replies[1]!.text)
          expect(replies.filter(it => it.headers.get('idempotency-replayed') === 'true')).toHaveLength(1)
        } else {
          expect(statuses).toEqual([202, 409])
          expect(replies.find(({ status }) => status === 409)!.body.code).toBe('ORDER_NOT_PAYABLE')
        }
        const { id } = await paymentBecomes(a, token, order, 'authorized')
        expect(await succeeded(id, 'authorize')).toHaveLength(1)
      }
    })
  })

  describe('refunds', () => {
    test('asked for at both at once never exceed what was taken', async () => {
      for (let at = 0; at < 6; at++) {
        const { id, order, token } = await captured()
        const replies = await Promise.all([
          refund(a, id, 200),
          refund(b, id, 200),
          refund(a, id, 50),
          refund(b, id, 50),
        ])
        for (const { status, body } of replies) {
          if (status !== 200) expect([status, body.code]).toEqual([409, 'REFUND_EXCEEDS_CAPTURED'])
        }
        const back = await succeeded(id, 'refund')
        const sum = back.reduce((total, { amount }) => total + Number(amount), 0)
        expect(sum).toBeLessThanOrEqual(300)
        expect(sum).toBe((await paymentBecomes(a, token, order, 'captured', 'refunded')).refunded_amount)
        expect(back).toHaveLength(replies.filter(({ status }) => status === 200).length)
        expect(back.length).toBeGreaterThan(0)
      }
    })

    test('are answered soon after another instance has done the work', async () => {
      const { id } = await captured()
      // A's claim is taken away while its gateway keeps it waiting: B does the work, and A learns of it from the row.
      gateways.a.faults.refund = ['hang']
      gateways.a.asked.length = 0
      const asked = refund(a, id)
      await gateways.a.hasBeenAsked(1)
      await a.query('payment', "update timers set claimed_until = 0, claimed_by = 'nobody' where subject = ?", id)
      const startedAt = performance.now()
      const { status, body } = await asked
      expect([status, body.data.state]).toEqual([200, 'refunded'])
      // A gives up on its gateway after 8 s.
      expect(performance.now() - startedAt).toBeLessThan(5_000)
      expect(gateways.b.asked.at(-1)).toBe('refund')
      expect(await succeeded(id, 'refund')).toHaveLength(1)
    })
  })

  test('an instance that stalls between asking and recording charges nobody twice and writes over nothing', async () => {
    // The charge happens, and the answer is on its way for longer than the claim lives.
    gateways.a.faults.authorize = ['hold']
    gateways.b.faults.authorize = ['hold']
    const { order, token } = await placed()
    const [stalled, other] = await until(
      () => [gateways.a, gateways.b].sort((one, two) => two.holding - one.holding),
      ([one]) => one!.holding === 1,
    )
    const [{ subject } = { subject: '' }] = await a.query(
      'payment',
      'select subject from timers where subject in (select id from payments where order_id = ?)',
      order.created.order_id,
    )
    other!.faults.authorize = []
    await a.query(
      'payment',
      "update timers set claimed_until = 0, claimed_by = 'nobody' where subject = ?",
      String(subject),
    )
    const payment = await paymentBecomes(a, token, order, 'authorized')
    stalled!.letGo()
    // What comes behind the late answer is done: so it has been dealt with.
    const next = await placed()
    await paymentBecomes(a, next.token, next.order, 'authorized')
    const after = await call<Payment>(b.url, `GET /payment/${payment.id}`, { token })
    expect(attemptsOf(after.body.data)).toEqual(['authorize succeeded'])
    expect(await succeeded(payment.id, 'authorize')).toHaveLength(1)
    expect(await saidOf(a, order)).toEqual(['payment.authorized'])
  })

  test('a webhook about a lost answer that reaches both at once has the charge found once', async () => {
    for (const gateway of [gateways.a, gateways.b]) gateway.faults.authorize = ['lost']
    const { order, token } = await placed()
    const { id } = await paymentBecomes(a, token, order, 'unknown')
    for (const gateway of [gateways.a, gateways.b]) gateway.faults.authorize = []
    const { body, headers } = opened.webhook(a, id)
    const send = (host: TestHost) => call(host.url, `POST /payment/webhook/${name}`, { body, headers })
    const replies = await Promise.all([a, b, a, b].map(send))
    expect(replies.map(({ status }) => status)).toEqual([204, 204, 204, 204])
    const payment = await paymentBecomes(b, token, order, 'authorized')
    expect(attemptsOf(payment)).toEqual(['authorize succeeded'])
    expect(await succeeded(payment.id, 'authorize')).toHaveLength(1)
  })
})

// Orders that are paid through Stripe, where it is set up and where it is not, and what becomes of them while it misbehaves.
import type { Payment } from '@waybill/contracts'
import { call, type Reply, startService, type TestHost, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { attemptsOf, type Customer, newOrder, paymentBecomes, paymentOf, signIn, tell } from './an-order.ts'
import { FakeStripe, type StripeCall, type StripeFault } from './fake-stripe.ts'

let host: TestHost
let fake: FakeStripe
let operator: Customer

beforeAll(async () => {
  fake = await new FakeStripe().start()
  const env = { STRIPE_SECRET_KEY: fake.key, STRIPE_API_BASE: fake.url }
  host = await startService([paymentServiceWith({ gatewayPatience: 300 })], { env })
  operator = signIn(host, { role: 'operator' })
})
afterAll(async () => {
  await host.stop()
  await fake.stop()
})

async function place(facts: Parameters<typeof newOrder>[1] = {}, at = host) {
  const { userId, token } = signIn(at)
  const order = newOrder(userId, { gateway: 'stripe', payment_token: 'pm_card_visa', ...facts })
  await tell(at, 'order.created', order.created)
  return { order, token, order_id: order.created.order_id }
}

const operationsOf = ({ id }: Payment) =>
  fake.moves.filter(({ paymentId }) => paymentId === id).map(({ operation }) => operation)

function pay(token: string, body: object, at = host): Promise<Reply<Payment>> {
  return call<Payment>(at.url, 'POST /payment', { token, body })
}

/** Lets time go by until the payment is where it is to be. */
function settles(order: Parameters<typeof paymentOf>[2], token: string, state: Payment['state'], step = 5_000) {
  return until(
    async () => {
      host.clock.advance(step)
      return paymentOf(host, token, order)
    },
    payment => payment.state === state,
  )
}

describe('choosing it', () => {
  test('it is among the gateways that are offered where its key is set, and nowhere else', async () => {
    const bare = await startService([paymentServiceWith({})])
    const offered = async (at: TestHost) => (await call(at.url, 'GET /payment/gateways', signIn(at))).body.data
    expect(await offered(host)).toEqual([{ name: 'mock' }, { name: 'stripe' }])
    expect(await offered(bare)).toEqual([{ name: 'mock' }])
    await bare.stop()
  })

  test('where the mock gateway is taken away it is the one of orders that name none, and no token approves itself', async () => {
    const env = { STRIPE_SECRET_KEY: fake.key, STRIPE_API_BASE: fake.url, PAYMENT_MOCK: 'false' }
    const bare = await startService([paymentServiceWith({})], { env })
    const offered = await call(bare.url, 'GET /payment/gateways', signIn(bare))
    expect(offered.body.data).toEqual([{ name: 'stripe' }])
    const unnamed = await place({ gateway: null, payment_token: 'pm_card_visa' }, bare)
    expect((await paymentBecomes(bare, unnamed.token, unnamed.order, 'authorized')).gateway).toBe('stripe')
    const mocked = await place({ gateway: 'mock', payment_token: 'tok_approve' }, bare)
    const declined = await paymentBecomes(bare, mocked.token, mocked.order, 'declined')
    expect(declined).toMatchObject({ decline_code: 'unknown_gateway', attempts: [] })
    await bare.stop()
    await expect(startService([paymentServiceWith({})], { env: { PAYMENT_MOCK: 'false' } })).rejects.toThrow(
      'no other gateway is set up',
    )
  })

  test('where its key is missing says so, to whoever pays and in the story of what is declined', async () => {
    const bare = await startService([paymentServiceWith({})])
    const later = await place({ payment_mode: 'later', gateway: null, payment_token: null }, bare)
    const { status, body } = await pay(
      later.token,
      { order_id: later.order_id, gateway: 'stripe', token: 'pm_1' },
      bare,
    )
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
    expect(body.errors).toEqual([
      {
        field: 'gateway',
        message: 'stripe is not set up on this installation (STRIPE_SECRET_KEY is missing): use one of [mock]',
      },
    ])
    const now = await place({}, bare)
    const declined = await paymentBecomes(bare, now.token, now.order, 'declined')
    expect(declined).toMatchObject({ decline_code: 'unknown_gateway', attempts: [] })
    const history = await bare.query('payment', 'select reason from payment_history where payment_id = ?', declined.id)
    expect(history.at(-1)?.reason).toContain('STRIPE_SECRET_KEY is missing')
    const webhook = await call(bare.url, 'POST /payment/webhook/stripe', { body: {} })
    expect([webhook.status, webhook.body.code]).toEqual([404, 'GATEWAY_NOT_FOUND'])
    await bare.stop()
  })

  test.each([
    [{ gateway: 'stripe' }, 'none at all'],
    [{ gateway: 'stripe', token: 'visa' }, 'one of another form'],
    [{ gateway: 'mock', token: 'pm_card_visa' }, 'one of hers for another gateway'],
  ])('with %j, a token that is %s, is refused', async (choice, _what) => {
    const { token, order_id } = await place({ payment_mode: 'later', gateway: null, payment_token: null })
    const { status, body } = await pay(token, { order_id, ...choice })
    expect([status, body.errors?.map(({ field }) => field)]).toEqual([400, ['token']])
  })

  test('an order that came without a token is declined without asking anybody', async () => {
    const { order, token } = await place({ payment_token: null })
    const payment = await paymentBecomes(host, token, order, 'declined')
    expect(payment).toMatchObject({ decline_code: 'invalid_token', attempts: [] })
  })

  test('with the order is enough: the payment that comes later needs only a token', async () => {
    const { order, token, order_id } = await place({ payment_mode: 'later', payment_token: null })
    expect((await pay(token, { order_id, token: 'pm_card_visa' })).status).toBe(202)
    const payment = await paymentBecomes(host, token, order, 'authorized')
    expect(payment).toMatchObject({
      gateway: 'stripe',
      attempts: [{ gateway_reference: expect.stringMatching(/^pi_/) }],
    })
  })
})

describe('an order', () => {
  test('whose confirmation is lost shows its intent, and is found by it when Stripe has forgotten the key', async () => {
    fake.faults.confirm.push('cut-after')
    fake.faults.retrieve.push('cut', 503, 'hang')
    const { order, token } = await place()
    const unknown = await paymentBecomes(host, token, order, 'unknown')
    const reference = fake.intentOf(unknown.id).id
    expect(unknown.attempts).toMatchObject([{ outcome: 'unknown', gateway_reference: reference }])
    fake.forgetKeys()
    const payment = await settles(order, token, 'authorized', 3_600_000)
    expect(payment.attempts).toMatchObject([{ outcome: 'succeeded', gateway_reference: reference }])
    expect(operationsOf(payment)).toEqual(['authorize'])
  })

  test.each([
    ['confirm', [503, 'error', 429]],
    ['create', ['error', 503]],
    ['confirm', ['hang', 'cut', 502]],
    ['create', ['hang-after', 'cut-after']],
    ['confirm', ['error-after']],
  ] as [StripeCall, StripeFault[]][])(
    'that meets %s: %j is charged once, and taken when it is delivered',
    async (on, faults) => {
      fake.faults[on].push(...faults)
      const { order, token } = await place()
      await settles(order, token, 'authorized')
      await tell(host, 'order.delivered', order.delivered)
      const payment = await settles(order, token, 'captured')
      expect(operationsOf(payment)).toEqual(['authorize', 'capture'])
    },
  )

  test('that is tried again after an outage goes on with the intent that it has', async () => {
    fake.faults.confirm.push('error', 503)
    const { order, token } = await place()
    const payment = await settles(order, token, 'authorized')
    expect(attemptsOf(payment)).toEqual(['authorize failed', 'authorize failed', 'authorize succeeded'])
    expect(payment.attempts.at(-1)?.gateway_reference).toBe(payment.attempts[0]?.gateway_reference)
    const made = [...fake.intents.values()].filter(({ metadata }) => metadata.waybill_payment_id === payment.id)
    expect(made).toHaveLength(1)
  })

  test('that is cancelled while nobody knows has what was reserved released', async () => {
    fake.faults.confirm.push('hang-after')
    const { order, token } = await place()
    await paymentBecomes(host, token, order, 'unknown')
    await tell(host, 'order.cancelled', order.cancelled())
    const payment = await settles(order, token, 'voided')
    expect(operationsOf(payment)).toEqual(['authorize', 'void'])
    expect(fake.intentOf(payment.id).status).toBe('canceled')
  })
})

describe('a refund', () => {
  async function captured() {
    const { order, token } = await place()
    await paymentBecomes(host, token, order, 'authorized')
    await tell(host, 'order.delivered', order.delivered)
    const { id } = await paymentBecomes(host, token, order, 'captured')
    return { id, order, token }
  }
  const refund = (id: string, body: object) =>
    call<Payment>(host.url, `POST /payment/${id}/refund`, { token: operator.token, body })

  test('that Stripe refuses because it was given back there already is said to be refused', async () => {
    const { id, order, token } = await captured()
    const intent = fake.intentOf(id)
    fake.refunds.push({
      id: `re_${uuidv7()}`,
      object: 'refund',
      amount: intent.amount,
      payment_intent: intent.id,
      status: 'succeeded',
      metadata: {},
    })
    const { status, body } = await refund(id, { reason: 'a test' })
    expect([status, body.code]).toEqual([502, 'GATEWAY_REFUSED'])
    expect(body.detail).toContain('charge_already_refunded')
    expect((await paymentOf(host, token, order)).refunded_amount).toBe(0)
  })

  test('that meets an outage with nothing to see is given once in the end', async () => {
    const { id, order, token } = await captured()
    fake.faults.refund.push('error')
    expect((await refund(id, { amount: 100, reason: 'a test' })).body.data.state).toBe('unknown')
    await settles(order, token, 'captured')
    const again = await refund(id, { amount: 100, reason: 'once more' })
    expect(again.body.data.refunded_amount).toBe(100)
    expect(fake.moves.filter(({ paymentId, operation }) => paymentId === id && operation === 'refund')).toHaveLength(1)
  })

  test('while the key is not accepted gives nothing back, and says why', async () => {
    const { id } = await captured()
    fake.faults.refund.push(401)
    const { status, body } = await refund(id, { reason: 'a test' })
    expect([status, body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
    expect(body.detail).toContain('stripe answered 401')
    expect((await refund(id, { reason: 'mended' })).status).toBe(200)
  })
})

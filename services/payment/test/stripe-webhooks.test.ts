// What Stripe sends by itself: believed only with its signature, and even then only as a hint to ask.
import { call, startService, type TestHost, until } from '@waybill/platform/testing'
import Stripe from 'stripe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPaymentService } from '../src/payment-service.ts'
import { newOrder, paymentBecomes, paymentOf, saidOf, signIn, tell } from './an-order.ts'
import { FakeStripe } from './fake-stripe.ts'

const secret = 'whsec_of_this_endpoint'
let host: TestHost
let fake: FakeStripe

beforeAll(async () => {
  fake = await new FakeStripe().start()
  const env = { STRIPE_SECRET_KEY: fake.key, STRIPE_API_BASE: fake.url, STRIPE_WEBHOOK_SECRET: secret }
  host = await startService([createPaymentService], { env })
})
afterAll(async () => {
  await host.stop()
  await fake.stop()
})

function send(event: unknown, options: { secret?: string; age?: number; to?: TestHost } = {}) {
  const to = options.to ?? host
  const payload = typeof event === 'string' ? event : JSON.stringify(event)
  const timestamp = Math.floor(host.clock.now() / 1_000) - (options.age ?? 0)
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: options.secret ?? secret, timestamp })
  const headers = { 'stripe-signature': signature }
  return call(to.url, 'POST /payment/webhook/stripe', { body: payload, headers })
}

/** As Stripe tells of an intent or a refund. */
function event(type: string, paymentId: string, object: object = {}) {
  return {
    id: 'evt_1',
    object: 'event',
    type,
    data: { object: { metadata: { waybill_payment_id: paymentId }, ...object } },
  }
}

async function place() {
  const { userId, token } = signIn(host)
  const order = newOrder(userId, { gateway: 'stripe', payment_token: 'pm_card_visa' })
  await tell(host, 'order.created', order.created)
  return { order, token }
}

async function loseAnAnswer() {
  fake.faults.confirm.push('cut-after')
  const { order, token } = await place()
  const { id } = await paymentBecomes(host, token, order, 'unknown')
  return { order, token, id }
}

test('a webhook about a payment whose answer was lost has Stripe asked at once, and not again when it comes twice', async () => {
  const { order, token, id } = await loseAnAnswer()
  const notice = event('payment_intent.amount_capturable_updated', id)
  for (const { status } of [await send(notice), await send(notice)]) expect(status).toBe(204)
  await paymentBecomes(host, token, order, 'authorized')
  const asked = fake.asked.length
  expect((await send(notice)).status).toBe(204)
  expect((await send(event('payment_intent.created', id))).status).toBe(204)
  expect(fake.asked).toHaveLength(asked)
  expect(await saidOf(host, order)).toEqual(['payment.authorized'])
})

test.each(['payment_intent.succeeded', 'payment_intent.canceled', 'payment_intent.payment_failed', 'refund.created'])(
  '%s is not believed: what stands in the books is',
  async type => {
    const { order, token, id } = await loseAnAnswer()
    await send(event(type, id, { status: type.split('.')[1] }))
    expect((await paymentBecomes(host, token, order, 'authorized')).refunded_amount).toBe(0)
    await send(event(type, id, { status: type.split('.')[1] }))
    expect((await paymentOf(host, token, order)).state).toBe('authorized')
  },
)

test('a webhook that overtakes the answer to our own call changes nothing of the outcome', async () => {
  const { order, token } = await place()
  const { id } = await paymentOf(host, token, order)
  await Promise.all(Array.from({ length: 5 }, () => send(event('payment_intent.created', id))))
  const payment = await until(
    async () => {
      host.clock.advance(5_000)
      return paymentOf(host, token, order)
    },
    ({ state }) => state === 'authorized',
  )
  expect(payment.attempts.map(({ outcome }) => outcome)).toEqual(['succeeded'])
  expect(fake.moves.filter(({ paymentId }) => paymentId === id)).toHaveLength(1)
})

test.each([
  ['with another secret', { secret: 'whsec_of_somebody_else' }],
  ['six minutes ago', { age: 360 }],
])('a webhook that was signed %s is refused and Stripe is not asked', async (_how, options) => {
  const { order, token, id } = await loseAnAnswer()
  const asked = fake.asked.length
  const { status, body } = await send(event('payment_intent.succeeded', id), options)
  expect([status, body.code]).toEqual([400, 'WEBHOOK_REFUSED'])
  expect((await paymentOf(host, token, order)).state).toBe('unknown')
  expect(fake.asked).toHaveLength(asked)
})

test('a body that was changed on its way, and one without a signature, are refused', async () => {
  const { id } = await loseAnAnswer()
  const body = JSON.stringify(event('payment_intent.succeeded', id))
  const timestamp = Math.floor(host.clock.now() / 1_000)
  const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp })
  for (const [sent, headers] of [
    [`${body} `, { 'stripe-signature': signature }],
    [body, {}],
  ] as const) {
    const reply = await call(host.url, 'POST /payment/webhook/stripe', { body: sent, headers })
    expect([reply.status, reply.body.code]).toEqual([400, 'WEBHOOK_REFUSED'])
  }
})

test.each([
  '{"object":"v2.core.event"}',
  '{"object":"event","data":{"object":{}}}',
  '{"object":"event","data":{"object":{"metadata":{"waybill_payment_id":"of another installation"}}}}',
  '{}',
  'null',
  'no json',
])('a genuine webhook about nothing of ours (%s) is taken and does nothing', async body => {
  expect((await send(body)).status).toBe(204)
})

test('without STRIPE_WEBHOOK_SECRET every webhook is refused', async () => {
  const deaf = await startService([createPaymentService], {
    env: { STRIPE_SECRET_KEY: fake.key, STRIPE_API_BASE: fake.url },
  })
  const { status } = await send(event('payment_intent.succeeded', 'any'), { to: deaf })
  expect(status).toBe(400)
  await deaf.stop()
})

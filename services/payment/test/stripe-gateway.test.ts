// Stripe's gateway against a fake of Stripe: what every gateway does, and each way in which Stripe can fail.
import { readWaybillSettings } from '@waybill/contracts/settings'
import { createVault } from '@waybill/platform/auth'
import { MovableClock } from '@waybill/platform/clock'
import { createLogger } from '@waybill/platform/log'
import { freePort } from '@waybill/platform/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Gateway, GatewayContext, GatewayRequest } from '../src/gateways/gateway.ts'
import { openGateway } from '../src/gateways/stripe.ts'
import { newRequest } from './a-gateway-request.ts'
import { FakeStripe, type StripeCall, type StripeFault } from './fake-stripe.ts'
import { testGateway } from './gateway-suite.ts'

const { signal } = new AbortController()
const lines: string[] = []
let fake: FakeStripe
let stripe: Gateway

function gatewayWith(env: Record<string, string>): Gateway {
  const log = createLogger({ name: 'test', level: 'info', stream: { write: line => void lines.push(line) } })
  const settings = readWaybillSettings({ STRIPE_SECRET_KEY: fake.key, STRIPE_API_BASE: fake.url, ...env })
  const context: Partial<GatewayContext> = {
    settings,
    log,
    clock: new MovableClock(),
    vault: createVault(Buffer.alloc(32)),
  }
  return openGateway(context as GatewayContext)
}

beforeAll(async () => {
  fake = await new FakeStripe().start()
  stripe = gatewayWith({})
})
afterEach(() => {
  for (const faults of Object.values(fake.faults)) faults.length = 0
  lines.length = 0
  fake.asked.length = 0
})
afterAll(() => fake.stop())

const moved = async (paymentId: string) => fake.moves.filter(move => move.paymentId === paymentId)
const operationsOf = async ({ paymentId }: GatewayRequest) => (await moved(paymentId)).map(({ operation }) => operation)
const callsSoFar = () => fake.asked.map(({ call }) => call)
const payBy = (token: string, facts: Partial<GatewayRequest> = {}) => newRequest({ token, ...facts })

/** An authorized payment, and what may follow from it. */
async function authorized(facts: Partial<GatewayRequest> = {}) {
  const of = payBy('pm_card_visa', facts)
  const answer = await stripe.authorize(of, signal)
  if (answer.outcome !== 'succeeded') throw new Error(`not authorized: ${JSON.stringify(answer)}`)
  const { paymentId, orderId } = of
  const next = (more: Partial<GatewayRequest> = {}) =>
    newRequest({ ...facts, paymentId, orderId, authorization: answer.reference, ...more })
  return { of, next, reference: answer.reference }
}

async function captured(facts: Partial<GatewayRequest> = {}) {
  const payment = await authorized(facts)
  await stripe.capture(payment.next(), signal)
  return payment
}

testGateway({
  gateway: () => stripe,
  tokens: { approved: 'pm_card_visa', declined: 'pm_card_chargeDeclined', malformed: 'visa' },
  breakDownTwice: () => {
    fake.faults.confirm.push(503, 'error')
    return 'pm_card_visa'
  },
  loseAnAnswer: () => {
    fake.faults.confirm.push('cut-after')
    return 'pm_card_visa'
  },
  moved,
})

describe('what Stripe is told', () => {
  test('an intent that is captured by hand, sends nobody elsewhere, and names what it is for', async () => {
    const { of } = await authorized()
    const [created, confirmed] = fake.asked
    expect(created).toMatchObject({
      call: 'create',
      key: `${of.idempotencyKey}:intent`,
      body: {
        amount: '300',
        currency: 'usd',
        capture_method: 'manual',
        payment_method: 'pm_card_visa',
        'automatic_payment_methods[enabled]': 'true',
        'automatic_payment_methods[allow_redirects]': 'never',
        'metadata[waybill_payment_id]': of.paymentId,
        'metadata[waybill_order_id]': of.orderId,
      },
    })
    expect(confirmed).toMatchObject({
      call: 'confirm',
      key: of.idempotencyKey,
      body: { error_on_requires_action: 'true' },
    })
  })

  test('a token of a card pays as a payment method does', async () => {
    expect((await stripe.authorize(payBy('tok_visa'), signal)).outcome).toBe('succeeded')
    expect(fake.asked[0]?.body).toMatchObject({ 'payment_method_data[card][token]': 'tok_visa' })
  })

  test.each([
    ['USD', 300, '300'],
    ['JPY', 300, '300'],
    ['KWD', 3_120, '3120'],
    ['ISK', 300, '30000'],
    ['UGX', 300, '30000'],
    ['MGA', 30_000, '300'],
  ])(
    '%s %i in minor units of ISO 4217 is %s to it, when reserved, taken and given back',
    async (currency, amount, told) => {
      const { next } = await captured({ currency, amount })
      await stripe.refund(next(), signal)
      const amounts = fake.asked.flatMap(({ body }) => body.amount ?? body.amount_to_capture ?? [])
      expect(amounts).toEqual([told, told, told])
    },
  )

  test('an amount that it cannot move to the last unit is declined and not rounded', async () => {
    const answer = await stripe.authorize(payBy('pm_card_visa', { currency: 'MGA', amount: 30_001 }), signal)
    expect(answer).toEqual({ outcome: 'declined', code: 'amount_not_supported' })
    expect(fake.asked).toEqual([])
  })

  test.each([null, '', 'visa', 'pm_', 'pm_a b', 'seti_123', 'tok-visa'])('%j is no token of its', token => {
    expect(stripe.refusalOf(token)).toMatch(/^must be a payment method of Stripe/)
  })
})

describe('a card that', () => {
  test.each([
    ['is declined', 'pm_card_chargeDeclined', 'generic_decline'],
    ['has not enough', 'pm_card_visa_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['is over', 'pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['was lost, which its holder must not be told', 'pm_card_visa_chargeDeclinedLostCard', 'generic_decline'],
    ['wants its holder to act', 'pm_card_authenticationRequired', 'requires_action_not_handled'],
    ['is none', 'pm_card_nonsense', 'resource_missing'],
  ])('%s is declined with its code, the first time and when asked', async (_what, token, code) => {
    const of = payBy(token)
    expect(await stripe.authorize(of, signal)).toEqual({ outcome: 'declined', code })
    expect(await operationsOf(of)).toEqual([])
    const stands = await stripe.inquire('authorize', of, signal)
    expect(stands).toEqual(of.reference === null ? { outcome: 'never_seen' } : { outcome: 'declined', code })
  })

  test('sends its holder elsewhere all the same is declined, and nothing can come of it later', async () => {
    const of = payBy('pm_card_threeDSecureRequired')
    expect(await stripe.authorize(of, signal)).toEqual({ outcome: 'declined', code: 'authentication_required' })
    expect(fake.intentOf(of.paymentId).status).toBe('canceled')
  })

  test('does so while the answer is lost is declined when asked', async () => {
    fake.faults.confirm.push('cut-after')
    const of = payBy('pm_card_threeDSecureRequired')
    await expect(stripe.authorize(of, signal)).rejects.toThrow('out of reach')
    const stands = await stripe.inquire('authorize', of, signal)
    expect(stands).toEqual({ outcome: 'declined', code: 'authentication_required' })
    expect(fake.intentOf(of.paymentId).status).toBe('canceled')
  })
})

describe('an authorization', () => {
  test.each([
    ['create', 429],
    ['create', 503],
    ['create', 'error'],
    ['confirm', 429],
    ['confirm', 503],
    ['confirm', 'error'],
  ] as [StripeCall, StripeFault][])(
    'that meets %s: %s has failed for certain, and is made when tried again',
    async (call, fault) => {
      fake.faults[call].push(fault)
      const of = payBy('pm_card_visa')
      expect((await stripe.authorize(of, signal)).outcome).toBe('failed')
      expect(await stripe.inquire('authorize', of, signal)).toEqual({ outcome: 'never_seen' })
      expect((await stripe.authorize({ ...of, triedBefore: 1 }, signal)).outcome).toBe('succeeded')
      expect(await operationsOf(of)).toEqual(['authorize'])
    },
  )

  test.each([
    ['confirm', 'cut'],
    ['confirm', 'cut-after'],
    ['confirm', 502],
    ['create', 'cut-after'],
    ['create', 502],
  ] as [StripeCall, StripeFault][])(
    'that meets %s: %s is in doubt, and made once when it is asked for again',
    async (call, fault) => {
      fake.faults[call].push(fault)
      const of = payBy('pm_card_visa')
      await expect(stripe.authorize(of, signal)).rejects.toThrow(/^stripe/)
      const stands = await stripe.inquire('authorize', of, signal)
      expect(stands.outcome).toBe(fault === 'cut-after' && call === 'confirm' ? 'succeeded' : 'never_seen')
      expect((await stripe.authorize(of, signal)).outcome).toBe('succeeded')
      expect(await operationsOf(of)).toEqual(['authorize'])
    },
  )

  test('that was made before Stripe broke down over it is found at once', async () => {
    fake.faults.confirm.push('error-after')
    const of = payBy('pm_card_visa')
    expect((await stripe.authorize(of, signal)).outcome).toBe('succeeded')
  })

  test.each(['hang', 'hang-after'] as const)(
    'whose answer does not come (%s) is cut off with its signal',
    async fault => {
      fake.faults.confirm.push(fault)
      const of = payBy('pm_card_visa')
      const patience = AbortSignal.timeout(100)
      await expect(stripe.authorize(of, patience)).rejects.toThrow('out of reach')
      expect((await stripe.inquire('authorize', of, signal)).outcome).toBe(
        fault === 'hang' ? 'never_seen' : 'succeeded',
      )
    },
  )

  test('is the same intent however late it is asked for again, when Stripe has forgotten every key', async () => {
    fake.faults.confirm.push('cut-after')
    const of = payBy('pm_card_visa')
    await expect(stripe.authorize(of, signal)).rejects.toThrow()
    fake.forgetKeys()
    const answer = await stripe.authorize(of, signal)
    expect(answer).toEqual({ outcome: 'succeeded', reference: of.reference })
    expect(await operationsOf(of)).toEqual(['authorize'])
  })

  test('goes on with the intent that somebody else was quicker to store', async () => {
    const { of: quicker } = await authorized()
    const of = payBy('pm_card_visa', { keepReference: async () => quicker.reference! })
    expect(await stripe.authorize(of, signal)).toEqual({ outcome: 'succeeded', reference: quicker.reference })
    expect(await operationsOf(of)).toEqual([])
  })

  test('is not confirmed where its intent could not be stored', async () => {
    const keepReference = () => Promise.reject(new Error('the database is away'))
    const of = payBy('pm_card_visa', { keepReference })
    await expect(stripe.authorize(of, signal)).rejects.toThrow('the database is away')
    expect(callsSoFar()).toEqual(['create'])
  })

  test('that Stripe cannot be reached for has failed for certain', async () => {
    const away = gatewayWith({ STRIPE_API_BASE: `http://127.0.0.1:${await freePort()}` })
    const answer = await away.authorize(payBy('pm_card_visa'), signal)
    expect(answer).toEqual({ outcome: 'failed', error: 'stripe is out of reach' })
  })
})

describe('a capture', () => {
  test.each(['cut-after', 502, 'hang-after'] as const)('that meets %s is made once', async fault => {
    const { of, next } = await authorized()
    fake.faults.capture.push(fault)
    const request = next()
    await expect(stripe.capture(request, AbortSignal.timeout(200))).rejects.toThrow(/^stripe/)
    fake.forgetKeys()
    expect((await stripe.capture(request, signal)).outcome).toBe('succeeded')
    expect(await operationsOf(of)).toEqual(['authorize', 'capture'])
  })

  test('of what is captured already, by another request, has succeeded', async () => {
    const { of, next } = await captured()
    expect((await stripe.capture(next(), signal)).outcome).toBe('succeeded')
    expect(await operationsOf(of)).toEqual(['authorize', 'capture'])
  })

  test('of what was released is declined', async () => {
    const { next } = await authorized()
    await stripe.void(next(), signal)
    expect(await stripe.capture(next(), signal)).toEqual({ outcome: 'declined', code: 'canceled' })
  })

  test('that was refused once is not answered by that when it is tried anew', async () => {
    const { next, reference } = await authorized()
    const intent = fake.intents.get(reference)!
    const request = next()
    intent.status = 'canceled'
    expect((await stripe.capture(request, signal)).outcome).toBe('declined')
    intent.status = 'requires_capture'
    expect((await stripe.capture({ ...request, triedBefore: 1 }, signal)).outcome).toBe('succeeded')
  })
})

describe('a release', () => {
  test('of what was released already, by another request, has succeeded', async () => {
    const { of, next } = await authorized()
    await stripe.void(next(), signal)
    expect((await stripe.void(next(), signal)).outcome).toBe('succeeded')
    expect(await operationsOf(of)).toEqual(['authorize', 'void'])
  })

  test('of what was captured is declined', async () => {
    const { next } = await captured()
    expect(await stripe.void(next(), signal)).toEqual({ outcome: 'declined', code: 'captured' })
  })
})

describe('a refund', () => {
  test('of more than is left is declined, and of what is back already', async () => {
    const { of, next } = await captured()
    expect((await stripe.refund(next({ amount: 301 }), signal)).outcome).toBe('declined')
    await stripe.refund(next(), signal)
    const again = await stripe.refund(next(), signal)
    expect(again).toEqual({ outcome: 'declined', code: 'charge_already_refunded' })
    expect(await operationsOf(of)).toEqual(['authorize', 'capture', 'refund'])
  })

  test.each(['cut-after', 502, 'error-after'] as const)(
    'that meets %s is given once, also when every key is forgotten',
    async fault => {
      const { of, next } = await captured()
      fake.faults.refund.push(fault)
      const request = next({ amount: 100 })
      const first = await stripe.refund(request, signal).catch(() => undefined)
      fake.forgetKeys()
      const stands = await stripe.inquire('refund', request, signal)
      if (fault === 502) expect([first, stands.outcome]).toEqual([undefined, 'never_seen'])
      else expect(stands.outcome).toBe('succeeded')
      if (stands.outcome === 'never_seen') await stripe.refund(request, signal)
      expect(await operationsOf(of)).toEqual(['authorize', 'capture', 'refund'])
    },
  )

  test('that breaks down with nothing to see stays in doubt, until that answer is an old one', async () => {
    const { next } = await captured()
    fake.faults.refund.push('error')
    const request = next({ amount: 100 })
    await expect(stripe.refund(request, signal)).rejects.toThrow('stripe answered 500')
    expect((await stripe.refund(request, signal)).outcome).toBe('failed')
  })

  test('that comes to nothing at the bank is declined when it is asked about', async () => {
    const { next } = await captured()
    const request = next({ amount: 100 })
    await stripe.refund(request, signal)
    fake.refunds.at(-1)!.status = 'failed'
    expect(await stripe.inquire('refund', request, signal)).toEqual({ outcome: 'declined', code: 'failed' })
  })
})

describe('a key that Stripe does not accept', () => {
  test('fails what is asked, so that it waits, and tells the operator without telling the key', async () => {
    const secret = 'sk_test_of_somebody_else'
    const wrong = gatewayWith({ STRIPE_SECRET_KEY: secret })
    const answer = await wrong.authorize(payBy('pm_card_visa'), signal)
    expect(answer).toEqual({ outcome: 'failed', error: expect.stringMatching(/^stripe answered 401 req_/) })
    const told = lines.map(line => JSON.parse(line)).filter(({ level }) => level === 50)
    expect(told).toMatchObject([{ msg: expect.stringContaining('STRIPE_SECRET_KEY'), operation: 'authorize' }])
    expect(lines.join()).not.toContain(secret)
  })

  test('of another account knows of nothing, and that is no answer', async () => {
    const { of } = await authorized()
    fake.intents.delete(of.reference!)
    await expect(stripe.inquire('authorize', of, signal)).rejects.toThrow('stripe answered 404 resource_missing')
  })
})

test('nothing that a customer must keep to themselves gets into an error or a log', async () => {
  for (const fault of ['cut', 502, 'error'] as const) {
    fake.faults.confirm.push(fault)
    await stripe
      .authorize(payBy('pm_card_visa'), signal)
      .catch(error => lines.push(JSON.stringify(error), String(error)))
  }
  const { next } = await captured()
  await stripe.void(next(), signal)
  await stripe.authorize(payBy('pm_card_chargeDeclined'), signal)
  expect(lines.length).toBeGreaterThan(3)
  expect(lines.join()).not.toMatch(/client_secret|secret_of_a_customer|sk_test/)
})

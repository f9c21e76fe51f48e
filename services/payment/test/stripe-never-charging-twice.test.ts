// However Stripe fails, forgets its keys or is asked again by somebody else: one charge at most, and its books say what ours say.
import type { Payment } from '@waybill/contracts'
import { call, startService, type TestHost, until } from '@waybill/platform/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { newOrder, paymentOf, signIn, type TestOrder, tell } from './an-order.ts'
import { FakeStripe, type StripeFault, stripeCalls } from './fake-stripe.ts'

const kinds = [401, 429, 502, 503, 'error', 'error-after', 'cut', 'cut-after', 'hang', 'hang-after'] as const
const faults = fc.array(fc.constantFrom<StripeFault>(...kinds), { maxLength: 3 })
const story = fc.record({
  faults: fc.record(Object.fromEntries(stripeCalls.map(call => [call, faults])) as Record<string, typeof faults>),
  steps: fc.array(fc.constantFrom('restart', 'wait', 'a day goes by'), { maxLength: 4 }),
  end: fc.constantFrom('delivered', 'cancelled'),
  refunds: fc.array(fc.integer({ min: 50, max: 200 }), { maxLength: 2 }),
})

test('any story of faults at Stripe ends with the money where it belongs', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ faults, steps, end, refunds }) => {
      const fake = await new FakeStripe().start()
      Object.assign(fake.faults, structuredClone(faults))
      const env = { STRIPE_SECRET_KEY: fake.key, STRIPE_API_BASE: fake.url }
      let host = await startService([paymentServiceWith({ gatewayPatience: 100 })], { env })
      try {
        const { userId } = signIn(host)
        const order = newOrder(userId, { gateway: 'stripe', payment_token: 'pm_card_visa' })
        await tell(host, 'order.created', order.created)
        for (const step of steps) {
          if (step === 'restart') host = await host.restart()
          if (step === 'wait') host.clock.advance(6_000)
          if (step === 'a day goes by') fake.forgetKeys()
        }
        const payment = await endOrder(host, userId, order, end, refunds)

        const moves = fake.moves.filter(({ paymentId }) => paymentId === payment.id)
        const moved = moves.filter(({ operation }) => operation !== 'refund').map(({ operation }) => operation)
        const possible = end === 'delivered' ? [['authorize', 'capture']] : [[], ['authorize', 'void']]
        expect(possible).toContainEqual(moved)
        const back = moves.flatMap(({ operation, amount }) => (operation === 'refund' ? amount : []))
        expect(back.reduce((sum, amount) => sum + amount, 0)).toBe(payment.refunded_amount)
        const held = [...fake.intents.values()].filter(({ status }) => status === 'requires_capture')
        expect(held).toEqual([])
      } finally {
        await host.stop()
        await fake.stop()
      }
    }),
    { numRuns: 15, endOnFailure: true },
  )
})

/** As the order service would: it is delivered only once it is paid for. Then money is given back. */
async function endOrder(host: TestHost, userId: string, order: TestOrder, end: string, refunds: number[]) {
  const { token } = signIn(host, { user_id: userId })
  if (end === 'cancelled') {
    await tell(host, 'order.cancelled', order.cancelled())
    return settle(host, token, order, 'voided')
  }
  await settle(host, token, order, 'authorized')
  await tell(host, 'order.delivered', order.delivered)
  let payment = await settle(host, token, order, 'captured')
  const operator = signIn(host, { role: 'operator' }).token
  for (const amount of refunds) {
    await call(host.url, `POST /payment/${payment.id}/refund`, { token: operator, body: { amount, reason: 'a test' } })
    payment = await settle(host, token, order, 'captured', 'refunded')
  }
  return payment
}

function settle(host: TestHost, token: string, order: TestOrder, ...states: Payment['state'][]) {
  return until(
    async () => {
      host.clock.advance(3_600_000)
      return paymentOf(host, token, order)
    },
    ({ state }) => states.includes(state),
  )
}

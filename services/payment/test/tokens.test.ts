// What the tokens of the mock gateway lead to, along the whole way.
import { startService, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { attemptsOf, newOrder, paymentBecomes, paymentOf, saidOf, signIn, tell } from './an-order.ts'

let host: TestHost
let drawn = 0

beforeAll(async () => {
  host = await startService([paymentServiceWith({ random: () => drawn })], {
    env: { PAYMENT_MOCK_APPROVAL_RATE: '0.5' },
  })
})
afterAll(() => host.stop())

async function place(facts: Parameters<typeof newOrder>[1]) {
  const { userId, token } = signIn(host)
  const order = newOrder(userId, facts)
  await tell(host, 'order.created', order.created)
  return { order, token }
}

test('tok_slow is authorized once the gateway has taken its three seconds', async () => {
  const { order, token } = await place({ payment_token: 'tok_slow' })
  expect((await paymentOf(host, token, order)).state).toBe('pending')
  const started = performance.now()
  await paymentBecomes(host, token, order, 'authorized')
  expect(performance.now() - started).toBeGreaterThan(2_500)
})

test('tok_outage is tried again after one and two seconds and ends authorized', async () => {
  const { order, token } = await place({ payment_token: 'tok_outage' })
  const afterAttempts = (count: number) =>
    until(
      () => paymentOf(host, token, order),
      ({ attempts }) => attempts.filter(({ outcome }) => outcome !== 'unknown').length === count,
    )
  expect((await afterAttempts(1)).state).toBe('pending')
  host.clock.advance(1_000)
  expect((await afterAttempts(2)).state).toBe('pending')
  host.clock.advance(2_000)
  const payment = await paymentBecomes(host, token, order, 'authorized')
  expect(attemptsOf(payment)).toEqual(['authorize failed', 'authorize failed', 'authorize succeeded'])
  expect(await saidOf(host, order)).toEqual(['payment.authorized'])
})

test('tok_lost is unknown until the gateway is asked five seconds later, and then authorized', async () => {
  const { order, token } = await place({ payment_token: 'tok_lost' })
  const unknown = await paymentBecomes(host, token, order, 'unknown')
  expect(unknown).toMatchObject({ verdict: null, attempts: [{ outcome: 'unknown', gateway_reference: null }] })
  expect(unknown.attempts[0]?.error).toContain('lost')
  host.clock.advance(5_000)
  const payment = await paymentBecomes(host, token, order, 'authorized')
  expect(payment.attempts).toMatchObject([{ outcome: 'succeeded', error: null }])
  expect(await saidOf(host, order)).toEqual(['payment.authorized'])
})

test.each([
  [0.49, 'authorized'],
  [0.5, 'declined'],
] as const)('without a token, %s drawn at a rate of 0.5 is %s', async (chance, state) => {
  drawn = chance
  const { order, token } = await place({ payment_token: null })
  await paymentBecomes(host, token, order, state)
})

test.each([
  [{ payment_token: 'tok_nonsense' }, 'invalid_token'],
  [{ gateway: 'stripe' }, 'unknown_gateway'],
])('an order that is to be paid with %j is declined without asking anybody', async (facts, declineCode) => {
  const { order, token } = await place(facts)
  const { data } = await host.broker.waitFor('payment.declined', order.created.order_id)
  expect(data.decline_code).toBe(declineCode)
  expect(await paymentOf(host, token, order)).toMatchObject({
    state: 'declined',
    decline_code: declineCode,
    verdict: 'declined',
    attempts: [],
  })
})

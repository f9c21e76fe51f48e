// A third gateway: one file, and one line where it is named.
import { startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayKinds } from '../src/gateways/factory.ts'
import type { GatewayContext } from '../src/gateways/gateway.ts'
import { paymentServiceWith } from '../src/payment-service.ts'
import { attemptsOf, newOrder, paymentBecomes, signIn, tell } from './an-order.ts'
import { testGateway } from './gateway-suite.ts'
import { openGateway, thirdMoves } from './third-gateway.ts'

describe('a third gateway', () => {
  const gateway = openGateway({} as GatewayContext)
  testGateway({
    gateway: () => gateway,
    tokens: { approved: 'good', declined: 'bad', malformed: 'nonsense' },
    breakDownTwice: () => 'broken',
    loseAnAnswer: () => 'lost',
    moved: async paymentId => thirdMoves.filter(move => move.paymentId === paymentId),
  })
})

describe('in a service that has a line for it', () => {
  let host: TestHost
  const kinds = { ...gatewayKinds, third: { load: () => import('./third-gateway.ts') } }
  beforeAll(async () => {
    host = await startService([paymentServiceWith({ kinds })])
  })
  afterAll(() => host.stop())

  async function place(payment_token: string) {
    const { userId, token } = signIn(host)
    const order = newOrder(userId, { gateway: 'third', payment_token })
    await tell(host, 'order.created', order.created)
    return { order, token }
  }

  test.each(['good', 'broken', 'lost'])('an order is paid by it in the end (%s)', async given => {
    const { order, token } = await place(given)
    const retrying = setInterval(() => host.clock.advance(5_000), 50)
    await paymentBecomes(host, token, order, 'authorized').finally(() => clearInterval(retrying))
    await tell(host, 'order.delivered', order.delivered)
    const payment = await paymentBecomes(host, token, order, 'captured')
    expect(payment.gateway).toBe('third')
    expect(attemptsOf(payment).slice(-2)).toEqual(['authorize succeeded', 'capture succeeded'])
  })

  test('an order is declined by it, and what is no token of its is not asked about', async () => {
    for (const [given, decline_code] of [
      ['bad', 'no_money'],
      ['tok_approve', 'invalid_token'],
    ] as const) {
      const { order, token } = await place(given)
      expect(await paymentBecomes(host, token, order, 'declined')).toMatchObject({ decline_code })
    }
  })
})

test('a gateway whose setting is missing is not loaded, and said to be missing it', async () => {
  const load = () => Promise.reject(new Error('it was loaded'))
  const kinds = { ...gatewayKinds, third: { needs: 'STRIPE_SECRET_KEY' as const, load } }
  const host = await startService([paymentServiceWith({ kinds })])
  const { userId, token } = signIn(host)
  const order = newOrder(userId, { gateway: 'third', payment_token: 'good' })
  await tell(host, 'order.created', order.created)
  const { id } = await paymentBecomes(host, token, order, 'declined')
  const history = await host.query('payment', 'select reason from payment_history where payment_id = ? order by id', id)
  expect(history.at(-1)?.reason).toContain('third is not set up on this installation (STRIPE_SECRET_KEY is missing)')
  await host.stop()
})

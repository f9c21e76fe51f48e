// Whatever gets lost, breaks down or is restarted, and in whatever order: one charge at most, and no money without a delivery.
import { runsOnMysql, startService, type TestHost, until } from '@waybill/platform/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { newOrder, paymentOf, saidOf, signIn, type TestOrder, tell } from './an-order.ts'
import { type Fault, FaultyGateway } from './faulty-gateway.ts'
import { gatewaysOfService } from './gateways-under-test.ts'

describe.each(gatewaysOfService)('by the gateway $name', ({ open }) => {
  /** So much that a gateway across a loopback answers in it, where it does. */
  const gatewayPatience = 60
  const fault = fc.constantFrom<Fault>('none', 'outage', 'lost', 'unreached', 'hang', 'hang-after')
  const faults = fc.array(fault, { maxLength: 3 })
  const story = fc.record({
    faults: fc.record({ authorize: faults, capture: faults, void: faults, refund: faults }),
    unanswered: fc.nat({ max: 2 }),
    steps: fc.array(fc.constantFrom('restart', 'wait', 'created again', 'end', 'end again'), { maxLength: 6 }),
    end: fc.constantFrom('delivered', 'cancelled'),
  })

  test('any story of faults and restarts ends with the money where it belongs', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ faults, unanswered, steps, end }) => {
        const gateway = new FaultyGateway()
        Object.assign(gateway.faults, structuredClone(faults))
        gateway.unanswered = unanswered
        const opened = await open()
        const create = paymentServiceWith({ wrapGateway: gateway.wrap, gatewayPatience })
        let host = await startService([create], { env: opened.env })
        try {
          const { userId } = signIn(host)
          const order = newOrder(userId, opened.approved)
          await tell(host, 'order.created', order.created)
          for (const step of [...steps, 'end']) {
            if (step === 'restart') host = await host.restart()
            if (step === 'wait') host.clock.advance(6_000)
            if (step === 'created again') await tell(host, 'order.created', order.created)
            if (step.startsWith('end')) await endOrder(host, userId, order, end)
          }
          const { token } = signIn(host, { user_id: userId })
          const state = end === 'delivered' ? 'captured' : 'voided'
          const payment = await settle(host, token, order, state)
          const moved = (await opened.moved(host, payment.id)).map(({ operation }) => operation)
          const possible = end === 'delivered' ? [['authorize', 'capture']] : [[], ['authorize', 'void']]
          expect(possible).toContainEqual(moved)
          for (const type of ['payment.authorized', `payment.${state}`]) {
            expect((await saidOf(host, order)).filter(said => said === type).length).toBeLessThanOrEqual(1)
          }
        } finally {
          await host.stop()
          await opened.close()
        }
      }),
      { numRuns: runsOnMysql ? 8 : 20, endOnFailure: true },
    )
  })

  /** As the order service would: it is delivered only once it is paid for. */
  async function endOrder(host: TestHost, userId: string, order: TestOrder, end: string): Promise<void> {
    if (end === 'cancelled') {
      await tell(host, 'order.cancelled', order.cancelled())
      return
    }
    const { token } = signIn(host, { user_id: userId })
    await settle(host, token, order, 'authorized', 'captured')
    await tell(host, 'order.delivered', order.delivered)
  }

  function settle(host: TestHost, token: string, order: TestOrder, ...states: string[]) {
    return until(
      async () => {
        host.clock.advance(3_600_000)
        return paymentOf(host, token, order)
      },
      ({ state }) => states.includes(state),
    )
  }
})

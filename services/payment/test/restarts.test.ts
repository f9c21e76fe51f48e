// Stopped in the middle of anything and started again: the work goes on at once, and no money moves twice.
import { startService, type TestHost, until } from '@waybill/platform/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { newOrder, paymentBecomes, paymentOf, signIn, tell } from './an-order.ts'
import { type Fault, FaultyGateway } from './faulty-gateway.ts'
import { gatewaysOfService, type OpenedGateway } from './gateways-under-test.ts'

describe.each(gatewaysOfService)('by the gateway $name', ({ open }) => {
  let host: TestHost
  let opened: OpenedGateway
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(async () => {
    await host.stop()
    await opened.close()
  })

  async function begin(faults: Partial<FaultyGateway['faults']>) {
    const gateway = new FaultyGateway()
    Object.assign(gateway.faults, faults)
    host = await startService([paymentServiceWith({ wrapGateway: gateway.wrap })], { env: opened.env })
    const { userId, token } = signIn(host)
    const order = newOrder(userId, opened.approved)
    await tell(host, 'order.created', order.created)
    return { gateway, userId, token, order }
  }

  test.each([
    ['before it reached the gateway', 'hang', ['authorize', 'inquire authorize', 'authorize']],
    ['after the gateway had charged', 'hang-after', ['authorize', 'inquire authorize']],
  ] as [string, Fault, string[]][])('an authorization cut off %s goes on at once', async (_when, fault, asked) => {
    const { gateway, userId, token: before, order } = await begin({ authorize: [fault] })
    await gateway.hasBeenAsked(1)
    const { id } = await paymentOf(host, before, order)
    if (fault === 'hang-after')
      await until(
        () => opened.moved(host, id),
        ({ length }) => length === 1,
      )
    host = await host.restart()
    const { token } = signIn(host, { user_id: userId })
    const started = performance.now()
    await paymentBecomes(host, token, order, 'authorized')
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(gateway.asked).toEqual(asked)
    expect(await opened.moved(host, id)).toHaveLength(1)
  })

  test.each(['hang', 'hang-after'] as Fault[])('a capture that is cut off (%s) goes on at once', async fault => {
    const { gateway, userId, token, order } = await begin({ capture: [fault] })
    await paymentBecomes(host, token, order, 'authorized')
    await tell(host, 'order.delivered', order.delivered)
    await gateway.hasBeenAsked(2)
    host = await host.restart()
    const { id } = await paymentBecomes(host, signIn(host, { user_id: userId }).token, order, 'captured')
    expect((await opened.moved(host, id)).map(({ operation }) => operation)).toEqual(['authorize', 'capture'])
  })

  test('an order cancelled while its authorization is cut off ends voided, whoever charged', async () => {
    const { gateway, userId, order } = await begin({ authorize: ['hang-after'] })
    await gateway.hasBeenAsked(1)
    await tell(host, 'order.cancelled', order.cancelled())
    host = await host.restart()
    const { id } = await paymentBecomes(host, signIn(host, { user_id: userId }).token, order, 'voided')
    expect((await opened.moved(host, id)).map(({ operation }) => operation)).toEqual(['authorize', 'void'])
  })

  test('a lost answer is still asked for after a restart', async () => {
    const { userId, token, order } = await begin({ authorize: ['lost'] })
    await paymentBecomes(host, token, order, 'unknown')
    host = await host.restart()
    const again = signIn(host, { user_id: userId }).token
    expect((await paymentOf(host, again, order)).state).toBe('unknown')
    host.clock.advance(5_000)
    await paymentBecomes(host, again, order, 'authorized')
  })

  test('an outage is still being retried after a restart', async () => {
    const { userId, token, order } = await begin({ authorize: ['outage'] })
    await until(
      () => paymentOf(host, token, order),
      ({ attempts }) => attempts[0]?.outcome === 'failed',
    )
    host = await host.restart()
    host.clock.advance(1_000)
    await paymentBecomes(host, signIn(host, { user_id: userId }).token, order, 'authorized')
  })
})

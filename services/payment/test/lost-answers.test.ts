// Answers that got lost: who asks again, when, and what is never done twice.
import { startService, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { paymentServiceWith } from '../src/payment-service.ts'
import { newOrder, paymentBecomes, paymentOf, saidOf, signIn, tell } from './an-order.ts'
import { FaultyGateway, nextLookIn } from './faulty-gateway.ts'
import { gatewaysOfService, type OpenedGateway } from './gateways-under-test.ts'

describe.each(gatewaysOfService)('by the gateway $name', ({ open }) => {
  let host: TestHost
  let opened: OpenedGateway
  const gateway = new FaultyGateway()

  beforeAll(async () => {
    opened = await open()
    const create = paymentServiceWith({ wrapGateway: gateway.wrap, gatewayPatience: 300 })
    host = await startService([create], { env: opened.env })
  })
  afterAll(async () => {
    await host.stop()
    await opened.close()
  })
  beforeEach(() => {
    gateway.asked.length = 0
  })

  async function place() {
    const { userId, token } = signIn(host)
    const order = newOrder(userId, opened.approved)
    await tell(host, 'order.created', order.created)
    return { order, token }
  }

  test('the gateway is asked 5 s, 30 s, 5 min and then every hour after the answer was lost, until it knows', async () => {
    gateway.faults.authorize.push('lost')
    gateway.unanswered = 5
    const { order, token } = await place()
    await paymentBecomes(host, token, order, 'unknown')

    const [second, minute, hour] = [1_000, 60_000, 3_600_000]
    const { id } = await paymentOf(host, token, order)
    const questions = () => gateway.asked.filter(what => what === 'inquire authorize').length
    for (const [asked, wait] of [5 * second, 30 * second, 5 * minute, hour, hour, hour].entries()) {
      const due = await until(
        () => nextLookIn(host, id),
        left => left > 0,
      )
      // Due times are told by the database's clock, which need not agree with ours to the millisecond.
      expect(due).toBeLessThanOrEqual(wait + 100)
      expect(due).toBeGreaterThan(wait - 2 * second)
      expect(questions()).toBe(asked)
      host.clock.advance(wait)
      await until(questions, count => count === asked + 1)
    }
    await paymentBecomes(host, token, order, 'authorized')
  })

  test('a request that never reached the gateway is sent again, with the same key', async () => {
    gateway.faults.authorize.push('unreached')
    const { order, token } = await place()
    const { id } = await paymentBecomes(host, token, order, 'unknown')
    host.clock.advance(5_000)
    await paymentBecomes(host, token, order, 'authorized')
    expect(gateway.asked).toEqual(['authorize', 'inquire authorize', 'authorize'])
    expect((await opened.moved(host, id)).map(({ key }) => key)).toEqual([`${id}:authorize`])
  })

  test('a gateway that does not answer in time has lost its answer', async () => {
    gateway.faults.authorize.push('hang-after')
    const { order, token } = await place()
    await paymentBecomes(host, token, order, 'unknown')
    host.clock.advance(5_000)
    await paymentBecomes(host, token, order, 'authorized')
    expect(gateway.asked).toEqual(['authorize', 'inquire authorize'])
  })

  test.each(['lost', 'unreached', 'outage'] as const)(
    'a capture that meets %s is done in the end, once',
    async fault => {
      gateway.faults.capture.push(fault)
      const { order, token } = await place()
      const { id } = await paymentBecomes(host, token, order, 'authorized')
      await tell(host, 'order.delivered', order.delivered)
      await until(
        async () => {
          host.clock.advance(5_000)
          return paymentOf(host, token, order)
        },
        ({ state }) => state === 'captured',
      )
      expect((await opened.moved(host, id)).map(({ operation }) => operation)).toEqual(['authorize', 'capture'])
      expect(await saidOf(host, order)).toEqual(['payment.authorized', 'payment.captured'])
    },
  )

  test.each(['lost', 'unreached', 'outage'] as const)('a void that meets %s is done in the end, once', async fault => {
    gateway.faults.void.push(fault)
    const { order, token } = await place()
    const { id } = await paymentBecomes(host, token, order, 'authorized')
    await tell(host, 'order.cancelled', order.cancelled())
    await until(
      async () => {
        host.clock.advance(5_000)
        return paymentOf(host, token, order)
      },
      ({ state }) => state === 'voided',
    )
    expect((await opened.moved(host, id)).map(({ operation }) => operation)).toEqual(['authorize', 'void'])
    expect(await saidOf(host, order)).toEqual(['payment.authorized', 'payment.voided'])
  })

  test('outages are met with growing patience: 1 s, 2 s, 4 s, and at most five minutes', async () => {
    gateway.faults.authorize.push(...Array<'outage'>(11).fill('outage'))
    const { order, token } = await place()
    const afterAttempts = (count: number) =>
      until(
        () => paymentOf(host, token, order),
        ({ attempts }) => attempts.filter(({ outcome }) => outcome !== 'unknown').length === count,
      )
    let attempts = 1
    await afterAttempts(attempts)
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      host.clock.advance(seconds * 1_000 - 500)
      expect((await paymentOf(host, token, order)).attempts).toHaveLength(attempts)
      host.clock.advance(500)
      await afterAttempts(++attempts)
    }
    expect((await paymentOf(host, token, order)).state).toBe('authorized')
  })

  test('a capture that the gateway refuses is tried again an hour later', async () => {
    gateway.faults.capture.push('refuse')
    const { order, token } = await place()
    await paymentBecomes(host, token, order, 'authorized')
    await tell(host, 'order.delivered', order.delivered)
    await until(
      () => paymentOf(host, token, order),
      ({ attempts }) => attempts.at(-1)?.outcome === 'declined',
    )
    expect((await paymentOf(host, token, order)).state).toBe('authorized')
    host.clock.advance(3_600_000)
    await paymentBecomes(host, token, order, 'captured')
  })

  test('an authorization that the gateway has not seen, of an order that is cancelled, is asked for under the same key and given back', async () => {
    gateway.faults.authorize.push('unreached')
    const { order, token } = await place()
    const { id } = await paymentBecomes(host, token, order, 'unknown')
    await tell(host, 'order.cancelled', order.cancelled())
    await paymentBecomes(host, token, order, 'voided')
    // The first call may still be on its way: an attempt that was called off could not hear of its success.
    expect(gateway.asked).toEqual(['authorize', 'inquire authorize', 'authorize', 'void'])
    expect((await opened.moved(host, id)).map(({ operation }) => operation)).toEqual(['authorize', 'void'])
  })
})

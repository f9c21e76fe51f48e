// The audit finds what was left behind between the services: events that no broker took, messages that nobody could handle.
import type { Audit } from '@waybill/contracts'
import { call, type TestHost, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AuditedService, startAuditedService } from './an-audited-service.ts'
import { placeOrder } from './an-order-and-its-events.ts'
import { deadLetter, type OtherServices, waitingEvent } from './the-other-services.ts'
import { payment } from './what-payment-tells.ts'

let audited: AuditedService
let host: TestHost
let token: string
let operator: string
let others: OtherServices
/** Each test looks at its own stretch of time. */
let since: number

beforeAll(async () => {
  audited = await startAuditedService()
  ;({ host, token, operator, others } = audited)
})
afterAll(() => audited.stop())
beforeEach(() => {
  others.forget()
  host.clock.advance(60_000)
  since = host.clock.now()
})

const time = (at: number) => new Date(at).toISOString()
const audit = async (query = `since=${time(since)}`) => {
  const reply = await call<Audit>(host.url, `GET /audit?${query}`, { token: operator })
  expect(reply.status, reply.text).toBe(200)
  return reply.body.data
}

describe('events that no broker took', () => {
  test.each(['user', 'payment', 'data'] as const)('are found in the outbox of %s', async service => {
    const it = waitingEvent(service, { at: since })
    others.waiting.push(it)
    host.clock.advance(31_000)
    const detail = `payment.captured ${it.event_id} waits in the outbox of ${service} since 31 s`
    expect((await audit()).violations).toEqual([{ order_id: it.subject, rule: 'outbox_not_drained', detail }])
  })

  test('are found in our own outbox while the broker is down, and not once it is back', async () => {
    const publish = host.broker.publish
    host.broker.publish = async () => {
      throw new Error('the broker is down')
    }
    const placed = await placeOrder(host, token)
    others.payments.set(placed.order.id, payment(placed, 'pending'))
    host.clock.advance(31_000)
    expect(await audit()).toEqual({
      checked: 1,
      violations: [
        {
          order_id: placed.order.id,
          rule: 'outbox_not_drained',
          detail: expect.stringMatching(/^order\.created \S+ waits in the outbox of order since 3\d s$/),
        },
      ],
    })
    host.broker.publish = publish
    await until(
      () => audit(),
      ({ violations }) => violations.length === 0,
    )
  })

  test('are on their way while they are younger than 30 s', async () => {
    others.waiting.push(waitingEvent('payment', { at: since }))
    host.clock.advance(29_000)
    expect((await audit()).violations).toEqual([])
  })

  test('count where they were written within the stretch of time', async () => {
    others.waiting.push(waitingEvent('payment', { at: since }))
    host.clock.advance(31_000)
    expect((await audit(`since=${time(since)}&until=${time(since)}`)).violations).toEqual([])
    expect((await audit(`since=${time(since)}&until=${time(since + 1)}`)).violations).toHaveLength(1)
    expect((await audit(`since=${time(since + 1)}`)).violations).toEqual([])
  })

  test('name no order where they are about none', async () => {
    others.waiting.push(waitingEvent('user', { at: since, event_type: 'session.revoked', subject: uuidv7() }))
    host.clock.advance(31_000)
    expect((await audit()).violations).toMatchObject([{ order_id: null, rule: 'outbox_not_drained' }])
  })
})

describe('messages that nobody could handle', () => {
  test.each(['user', 'payment', 'data'] as const)('are found with %s', async service => {
    const it = deadLetter(service, { at: since })
    others.dead.push(it)
    const detail = `order.created ${it.event_id} is dead letter ${it.id} of ${service} after 5 tries: ${it.error}`
    expect((await audit()).violations).toEqual([{ order_id: it.event.subject, rule: 'dead_letter', detail }])
  })

  test('are found with us, until they are replayed and handled', async () => {
    const placed = await placeOrder(host, token)
    others.payments.set(placed.order.id, payment(placed, 'pending'))
    // An amount in words: no schema takes it.
    const facts = { payment_id: uuidv7(), order_id: placed.order.id, amount: 'a lot' }
    await host.broker.send('payment.authorized', placed.order.id, facts as never, since)
    const { violations } = await audit()
    expect(violations).toEqual([{ order_id: placed.order.id, rule: 'dead_letter', detail: expect.any(String) }])
    expect(violations[0]!.detail).toContain('payment.authorized')
    expect(violations[0]!.detail).toContain('of order after 5 tries')
  })

  test('count by when they were written, however late they died', async () => {
    const it = deadLetter('payment', { at: since - 1 })
    others.dead.push({ ...it, created_at: time(since + 10) })
    expect((await audit()).violations).toEqual([])
    expect((await audit(`since=${time(since - 1)}`)).violations).toHaveLength(1)
    expect((await audit(`since=${time(since - 1)}&until=${time(since - 1)}`)).violations).toEqual([])
  })

  test('count by when they came where they do not say when they were written, and name no order they do not name', async () => {
    others.dead.push(deadLetter('data', { at: since, event: { message: 'rubbish' } }))
    others.dead.push(deadLetter('data', { at: since, subject: 'not an id' }))
    others.dead.push(deadLetter('data', { at: since, type: 'user.changed' }))
    expect((await audit()).violations.map(it => it.order_id)).toEqual([null, null, null])
  })

  test('beyond five hundred are not all listed, and the last says so', async () => {
    const letters = Array.from({ length: 501 }, () => deadLetter('payment', { at: since }))
    others.dead.push(...letters.slice(1))
    const few = (await audit()).violations
    expect(few).toHaveLength(500)
    expect(few.at(-1)!.detail).not.toContain('there are more')
    others.dead.unshift(letters[0]!)
    const many = (await audit()).violations
    expect(many).toHaveLength(500)
    expect(many.at(-1)!.detail).toContain('; and there are more')
  })

  test('of long ago are not paged through', async () => {
    others.dead.push(...Array.from({ length: 500 }, () => deadLetter('payment', { at: since - 1 })))
    expect((await audit()).violations).toEqual([])
    expect(others.asked.filter(({ path }) => path.startsWith('/dead-letters?service=payment'))).toHaveLength(1)
  })
})

// The audit over all four services as they are: silent about a system that is well, however busy, and never about one that is not.
import type { Audit, AuditRule, Order, ServiceName } from '@waybill/contracts'
import { startService, type TestHost, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadServices } from '../../apps/server/src/load-services.ts'
import { type Customer, newCustomer, password, signIn } from './customer.ts'

let host: TestHost
let customer: Customer
let operator: Customer
let since: string

beforeAll(async () => {
  const env = { OPERATOR_EMAIL: 'ops@example.com', OPERATOR_PASSWORD: password, JWT_EXPIRES_IN: '10d' }
  host = await startService(await loadServices(), { env })
  customer = await newCustomer(host.url)
  operator = await signIn(host.url, 'ops@example.com')
})
afterAll(() => host.stop())
beforeEach(() => {
  host.clock.advance(1_000)
  since = new Date(host.clock.now()).toISOString()
})

/** A slow machine gets no more to do than a quick one. */
const ordersALane = 60
const services = ['user', 'order', 'payment', 'data'] as const
const audit = async () => (await operator.call<Audit>(`GET /audit?since=${since}`)).body.data
const order = (token: string | undefined, dataset = 'airports', mode = 'now') =>
  customer.order({ items: [{ dataset }], payment: mode === 'now' ? { token } : { mode } })
const everyPayment = () => host.query('payment', 'select state, wanted from payments')
/** Nothing is on its way any more, and has not been for a while. */
const quiet = async () => {
  await until(
    async () => (await customer.call<unknown[]>('GET /processes?status=0&limit=1')).body.data,
    open => open.length === 0,
    60,
  )
  await until(everyPayment, rows => rows.every(({ state, wanted }) => wanted === null && state !== 'unknown'), 60)
  await drained()
  host.clock.advance(31_000)
}
const drained = () =>
  until(
    async () => (await Promise.all(services.map(name => host.query(name, 'select id from outbox')))).flat(),
    waiting => waiting.length === 0,
  )

describe('a busy system', () => {
  test('gives no violation while its orders are on their way, nor when they have arrived', {
    timeout: 120_000,
  }, async () => {
    // Old enough that nothing excuses them: they are about to move all at once.
    const unpaid = await Promise.all(Array.from({ length: 80 }, () => order(undefined, 'airports', 'later')))
    await drained()
    host.clock.advance(60_000)

    const tokens = ['tok_approve', 'tok_approve', 'tok_decline', undefined, 'tok_outage']
    const datasets = ['airports', 'movies', 'weather', 'no-such-dataset']
    let isOver = false
    const placeOrders = async (lane: number) => {
      for (let turn = lane; !isOver && turn < ordersALane; turn++) {
        const placed = await order(tokens[turn % tokens.length], datasets[turn % datasets.length])
        if (turn % 4 === 0) await customer.call(`POST /order/${placed.order.id}/cancel`)
      }
    }
    const pay = async () => {
      for (const [at, placed] of unpaid.entries()) {
        const body = { order_id: placed.order.id, token: 'tok_approve' }
        if (at % 5 === 0) await customer.call(`POST /order/${placed.order.id}/cancel`)
        else await customer.call('POST /payment', { body })
      }
      isOver = true
    }
    const audits: Audit[] = []
    const auditAll = async () => {
      while (!isOver) audits.push(await audit())
    }
    await Promise.all([pay(), auditAll(), auditAll(), placeOrders(0), placeOrders(1)])
    expect(audits.flatMap(({ violations }) => violations)).toEqual([])
    expect(audits.length).toBeGreaterThan(5)

    await quiet()
    const { checked, violations } = await audit()
    expect(violations).toEqual([])
    expect(checked).toBeGreaterThan(unpaid.length)
    const states = (await host.query('order', 'select distinct state from orders')).map(({ state }) => state)
    expect(states.sort()).toEqual(['cancelled', 'delivered'])
  })
})

describe('what is damaged in any database is found', () => {
  const delivered = async (): Promise<Order> => {
    const placed = await order('tok_approve')
    await customer.finished(placed.process.process_id)
    return placed.order
  }
  const declined = async (): Promise<Order> => {
    const placed = await order('tok_decline')
    await customer.finished(placed.process.process_id)
    return placed.order
  }
  const ofPayment = '(select id from payments where order_id = ?)'
  const cases: [string, AuditRule[], () => Promise<Order>, ServiceName, string][] = [
    [
      'a capture that never was',
      ['capture_missing'],
      delivered,
      'payment',
      `delete from payment_attempts where operation = 'capture' and payment_id = ${ofPayment}`,
    ],
    [
      'a capture of more than the price',
      ['wrong_amount'],
      delivered,
      'payment',
      `update payment_attempts set amount = amount + 1 where operation = 'capture' and payment_id = ${ofPayment}`,
    ],
    [
      'a second capture',
      ['captured_twice'],
      delivered,
      'payment',
      `update payment_attempts set operation = 'capture' where operation = 'authorize' and payment_id = ${ofPayment}`,
    ],
    [
      'a payment that fell back',
      ['payment_mismatch'],
      delivered,
      'payment',
      "update payments set state = 'authorized' where order_id = ?",
    ],
    ['a payment that is gone', ['capture_missing'], delivered, 'payment', 'delete from payments where order_id = ?'],
    [
      'money that is held',
      ['money_held'],
      declined,
      'payment',
      "update payments set state = 'authorized' where order_id = ?",
    ],
    [
      'money that was kept',
      ['money_kept'],
      declined,
      'payment',
      `update payment_attempts set operation = 'capture', outcome = 'succeeded' where payment_id = ${ofPayment}`,
    ],
    ['a delivery that is gone', ['delivery_missing'], delivered, 'data', 'delete from exports where order_id = ?'],
    [
      'a delivery that was taken back',
      ['delivery_missing'],
      delivered,
      'data',
      "update exports set state = 'failed' where order_id = ?",
    ],
    [
      'an export that goes on without its order',
      ['delivery_missing', 'export_running'],
      delivered,
      'data',
      "update exports set state = 'running' where order_id = ?",
    ],
    [
      'a process below 100 %',
      ['process_mismatch'],
      delivered,
      'order',
      'update user_processes set percentage = 99 where order_id = ?',
    ],
    [
      'a delivered order that was cancelled past the transition table',
      ['process_mismatch', 'history_mismatch', 'money_kept'],
      delivered,
      'order',
      "update orders set state = 'cancelled', cancel_reason = 'cancelled_by_user' where id = ?",
    ],
  ]

  test.each(cases)('%s', async (_, rules, make, service, damage) => {
    const whole = await make()
    const damaged = await make()
    await quiet()
    expect(await audit()).toEqual({ checked: 2, violations: [] })
    await host.query(service, damage, damaged.id)
    const { violations } = await audit()
    expect(violations.map(({ order_id, rule }) => [order_id, rule])).toEqual(rules.map(rule => [damaged.id, rule]))
    expect(violations.map(({ order_id }) => order_id)).not.toContain(whole.id)
  })

  test('and the audit mends nothing: it only looks', async () => {
    const damaged = await delivered()
    await quiet()
    await host.query('payment', 'delete from payments where order_id = ?', damaged.id)
    expect((await audit()).violations).toHaveLength(1)
    expect((await audit()).violations).toHaveLength(1)
    expect(await host.query('payment', 'select id from payments where order_id = ?', damaged.id)).toEqual([])
  })
})

describe('what is left behind between the services is found', () => {
  const publish = () => host.broker.publish
  let works: ReturnType<typeof publish>
  beforeEach(() => {
    works = host.broker.publish
  })
  afterEach(() => {
    host.broker.publish = works
  })

  test.each(services)('events in the outbox of %s', async service => {
    const [id, subject] = [uuidv7(), uuidv7()]
    const event = { id, type: 'order.created', subject, time: since }
    host.broker.publish = async () => {
      throw new Error('the broker is down')
    }
    const row = 'insert into outbox (id, message, created_at) values (?, ?, ?)'
    await host.query(service, row, id, JSON.stringify(event), Date.parse(since))
    host.clock.advance(31_000)
    expect((await audit()).violations).toEqual([
      { order_id: subject, rule: 'outbox_not_drained', detail: expect.stringContaining(`outbox of ${service}`) },
    ])
    await host.query(service, 'delete from outbox where id = ?', id)
    expect((await audit()).violations).toEqual([])
  })

  test.each(services)('dead letters of %s', async service => {
    const [id, subject] = [uuidv7(), uuidv7()]
    const message = JSON.stringify({ id, type: 'order.created', subject, time: since })
    const columns = 'id, event_id, event_type, message, error, tries, next_try_at, created_at, updated_at'
    const dead = `insert into dead_letters (${columns}) values (?, ?, 'order.created', ?, 'no', 5, null, ?, ?)`
    const now = host.clock.now()
    await host.query(service, dead, id, id, message, now, now)
    expect((await audit()).violations).toEqual([
      { order_id: subject, rule: 'dead_letter', detail: expect.stringContaining(`dead letter ${id} of ${service}`) },
    ])
    await host.query(service, 'delete from dead_letters where id = ?', id)
    expect((await audit()).violations).toEqual([])
  })
})

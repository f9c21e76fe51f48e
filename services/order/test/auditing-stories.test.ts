// Whatever the saga made of some orders is no violation, and one fault among them, wherever it is, is found and nothing else.
import { type Audit, type AuditRule, auditRules, type OrderState, orderStates } from '@waybill/contracts'
import { call, type TestHost, until } from '@waybill/platform/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuditedService, startAuditedService } from './an-audited-service.ts'
import { cancel, type Placed, placeOrder, showOrder, tell } from './an-order-and-its-events.ts'
import { deadLetter, type OtherServices, waitingEvent } from './the-other-services.ts'
import { exportOf } from './what-data-tells.ts'
import { attempt, payment } from './what-payment-tells.ts'

let audited: AuditedService
let host: TestHost
let token: string
let operator: string
let others: OtherServices

beforeAll(async () => {
  audited = await startAuditedService()
  ;({ host, token, operator, others } = audited)
})
afterAll(() => audited.stop())

/** What may happen to an order, in any order and any number of times: most of it comes too late or too early. */
const happenings: Record<string, (it: Placed) => Promise<unknown>> = {
  authorized: it => tell.authorized(host, it),
  declined: it => tell.declined(host, it),
  progressed: it => tell.progressed(host, it),
  finished: it => tell.finished(host, it),
  failed: it => tell.failed(host, it),
  cancelled: it => cancel(host, token, it),
}
const authorized = attempt({ operation: 'authorize' })
const captured = attempt({ operation: 'capture' })
const refunded = attempt({ operation: 'refund' })
const voided = attempt({ operation: 'void' })
const lost = attempt({ operation: 'refund', outcome: 'unknown' })

/** What payment and data may know of an order that is in a state, all being well: any of the ways. */
const ways: Record<OrderState, ((it: Placed) => void)[]> = {
  created: [
    it => pay(it, payment(it, 'pending')),
    it => pay(it, payment(it, 'unknown', [attempt({ operation: 'authorize', outcome: 'unknown' })])),
    it => pay(it, payment(it, 'authorized', [authorized])),
  ],
  confirmed: [
    it => pay(it, payment(it, 'authorized', [authorized])),
    it => pay(it, payment(it, 'authorized', [authorized]), 'running'),
    it => pay(it, payment(it, 'authorized', [authorized]), 'finished'),
  ],
  delivered: [
    it => pay(it, payment(it, 'captured', [authorized, captured]), 'finished'),
    it => pay(it, payment(it, 'refunded', [authorized, captured, refunded]), 'finished'),
    it => pay(it, payment(it, 'unknown', [authorized, captured, lost]), 'finished'),
  ],
  cancelled: [
    () => {},
    it => pay(it, payment(it, 'declined')),
    it => pay(it, payment(it, 'voided', [authorized, voided]), 'cancelled'),
    it => pay(it, payment(it, 'voided', [authorized, voided]), 'failed'),
    it => pay(it, payment(it, 'refunded', [authorized, captured, refunded]), 'cancelled'),
  ],
}

function pay(it: Placed, paid: ReturnType<typeof payment>, delivery?: Parameters<typeof exportOf>[1]): void {
  others.payments.set(it.order.id, paid)
  if (delivery) others.exports.set(it.order.process_id, exportOf(it, delivery))
}

interface Fault {
  rule: AuditRule
  /** In which it is one. */
  states: readonly OrderState[]
  plant(it: Placed): unknown
}

const attemptsOf = (it: Placed) => others.payments.get(it.order.id)?.attempts ?? []
const ofProcess = (sql: string) => (it: Placed) => host.query('order', sql, it.order.process_id)
const ofOrder = (sql: string) => (it: Placed) => host.query('order', sql, it.order.id)
const faults: Fault[] = [
  {
    rule: 'process_mismatch',
    states: orderStates,
    plant: ofProcess('delete from user_processes where process_id = ?'),
  },
  {
    rule: 'process_mismatch',
    states: ['created', 'confirmed', 'delivered'],
    plant: ofProcess('update user_processes set status = 2 where process_id = ?'),
  },
  {
    rule: 'process_mismatch',
    states: ['created', 'confirmed', 'cancelled'],
    plant: ofProcess('update user_processes set percentage = 100 where process_id = ?'),
  },
  { rule: 'history_mismatch', states: orderStates, plant: ofOrder('delete from order_history where order_id = ?') },
  {
    rule: 'history_mismatch',
    states: orderStates,
    plant: ofOrder("update order_history set reason = 'payment_expired', to_state = 'cancelled' where order_id = ?"),
  },
  { rule: 'payment_missing', states: ['created'], plant: it => others.payments.delete(it.order.id) },
  { rule: 'authorization_missing', states: ['confirmed'], plant: it => pay(it, payment(it, 'voided', [voided])) },
  {
    rule: 'captured_early',
    states: ['created', 'confirmed'],
    plant: it => pay(it, payment(it, 'captured', [authorized, captured])),
  },
  { rule: 'captured_twice', states: ['delivered'], plant: it => attemptsOf(it).push(captured) },
  {
    rule: 'capture_missing',
    states: ['delivered'],
    plant: it => others.payments.set(it.order.id, payment(it, 'authorized', [authorized])),
  },
  {
    rule: 'wrong_amount',
    states: ['delivered'],
    plant: it => {
      const paid = others.payments.get(it.order.id)!
      const attempts = paid.attempts.map(each => (each === captured ? { ...captured, amount: 99 } : each))
      others.payments.set(it.order.id, { ...paid, attempts })
    },
  },
  {
    rule: 'payment_mismatch',
    states: ['delivered'],
    plant: it => others.payments.set(it.order.id, payment(it, 'voided', [authorized, captured])),
  },
  { rule: 'money_held', states: ['cancelled'], plant: it => pay(it, payment(it, 'authorized', [authorized])) },
  { rule: 'money_kept', states: ['cancelled'], plant: it => pay(it, payment(it, 'captured', [authorized, captured])) },
  { rule: 'delivery_missing', states: ['delivered'], plant: it => others.exports.delete(it.order.process_id) },
  {
    rule: 'export_running',
    states: ['cancelled'],
    plant: it => others.exports.set(it.order.process_id, exportOf(it, 'running')),
  },
  {
    rule: 'outbox_not_drained',
    states: orderStates,
    plant: it =>
      others.waiting.push(waitingEvent('payment', { at: Date.parse(it.order.created_at), subject: it.order.id })),
  },
  {
    rule: 'dead_letter',
    states: orderStates,
    plant: it => others.dead.push(deadLetter('data', { at: Date.parse(it.order.created_at), subject: it.order.id })),
  },
]

test('every rule but that of time has its fault here', () => {
  const planted = new Set(faults.map(({ rule }) => rule))
  expect(auditRules.filter(rule => !planted.has(rule))).toEqual(['stuck'])
})

const story = fc.record({
  mode: fc.constantFrom('now' as const, 'later' as const),
  happens: fc.oneof(
    fc.constantFrom(['authorized'], ['authorized', 'finished'], ['authorized', 'progressed', 'failed'], ['declined']),
    fc.array(fc.constantFrom(...Object.keys(happenings)), { maxLength: 6 }),
  ),
  way: fc.nat(),
})

test('orders of any story are well, and a fault in one of them is found', { timeout: 120_000 }, async () => {
  const input = fc.record({
    stories: fc.array(story, { minLength: 1, maxLength: 4 }),
    victim: fc.nat(),
    fault: fc.nat(),
  })
  const met = new Set<OrderState>()
  await fc.assert(
    fc.asyncProperty(input, async ({ stories, victim, fault }) => {
      others.forget()
      host.clock.advance(1_000)
      const since = new Date(host.clock.now()).toISOString()
      const audit = async () =>
        (await call<Audit>(host.url, `GET /audit?since=${since}`, { token: operator })).body.data
      const placed = await Promise.all(stories.map(it => live(it)))
      await until(
        () => host.query('order', 'select id from outbox'),
        waiting => waiting.length === 0,
      )
      host.clock.advance(31_000)
      expect(await audit()).toEqual({ checked: placed.length, violations: [] })

      const { it, state } = placed[victim % placed.length]!
      met.add(state)
      const possible = faults.filter(({ states }) => states.includes(state))
      const { rule, plant } = possible[fault % possible.length]!
      await plant(it)
      const { violations } = await audit()
      expect(violations.map(violation => violation.order_id)).toEqual(violations.map(() => it.order.id))
      expect(violations.map(violation => violation.rule)).toContain(rule)
    }),
    { numRuns: 60 },
  )
  expect(met.size).toBeGreaterThan(2)
})

/** Places an order, lets its story happen, and lets the others know what fits how it ended. */
async function live({ mode, happens, way }: { mode: 'now' | 'later'; happens: readonly string[]; way: number }) {
  const it = await placeOrder(host, token, { payment: { mode } })
  for (const name of happens) await happenings[name]!(it)
  const { state } = await showOrder(host, token, it.order.id)
  const fitting = ways[state]
  fitting[way % fitting.length]!(it)
  return { it, state }
}

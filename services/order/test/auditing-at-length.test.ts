// An audit of more than one answer can hold goes on where the answer before ended, and its metrics tell of the whole.
import type { Audit } from '@waybill/contracts'
import { call, type Reply, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AuditedService, startAuditedService } from './an-audited-service.ts'
import { type Placed, placeOrder, startOrderService, tell } from './an-order-and-its-events.ts'
import { deadLetter, type OtherServices } from './the-other-services.ts'
import { payment } from './what-payment-tells.ts'

let audited: AuditedService
let host: TestHost
let token: string
let operator: string
let others: OtherServices
let since: string

beforeAll(async () => {
  // No patience at all: every hundred orders are an answer.
  audited = await startAuditedService({ auditPatienceMilliseconds: 0 })
  ;({ host, token, operator, others } = audited)
})
afterAll(() => audited.stop())
beforeEach(() => {
  others.forget()
  host.clock.advance(60_000)
  since = new Date(host.clock.now()).toISOString()
})

/** Some at a time: a listener lets only so many connections wait. */
const place = async (count: number): Promise<Placed[]> => {
  const all: Placed[] = []
  let left = count
  const lane = async () => {
    while (left-- > 0) {
      const placed = await placeOrder(host, token, { payment: { mode: 'later' } })
      others.payments.set(placed.order.id, payment(placed, 'pending'))
      all.push(placed)
    }
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  return all
}
const drained = () =>
  until(
    () => host.query('order', 'select id from outbox'),
    waiting => waiting.length === 0,
  )
const ask = async (query: string): Promise<Reply<Audit>> => {
  const reply = await call<Audit>(host.url, `GET /audit?${query}`, { token: operator })
  expect(reply.status, reply.text).toBe(200)
  return reply
}
const nextOf = (reply: Reply) => reply.body.page?.next_cursor
/** All answers of an audit, the first with `query`. */
const readAll = async (query: string): Promise<Audit[]> => {
  const answers: Audit[] = []
  let cursor: string | null | undefined
  do {
    const reply = await ask(cursor ? `cursor=${cursor}` : query)
    answers.push(reply.body.data)
    cursor = nextOf(reply)
  } while (cursor)
  return answers
}
const metrics = async () => {
  const { text } = await call(host.url, 'GET /metrics')
  const lines = text.split('\n').filter(line => /^waybill_(audit|orders|processes)/.test(line))
  return Object.fromEntries(lines.map(line => line.split(' ') as [string, string]))
}

test('each answer goes on where the one before ended, also among orders of the same moment', async () => {
  await place(250)
  await host.query(
    'order',
    'update orders set created_at = ? where created_at >= ?',
    host.clock.now(),
    Date.parse(since),
  )
  await drained()
  const answers = await readAll(`since=${since}`)
  expect(answers.map(({ checked }) => checked)).toEqual([100, 100, 50])
  expect(answers.flatMap(({ violations }) => violations)).toEqual([])
})

test('orders that are placed while it runs are not of its stretch of time', async () => {
  await place(150)
  await drained()
  const first = await ask(`since=${since}`)
  host.clock.advance(1_000)
  await place(100)
  const second = await ask(`cursor=${nextOf(first)}`)
  expect([first.body.data.checked, second.body.data.checked, nextOf(second)]).toEqual([100, 50, null])
})

test('events are looked at once, at the end', async () => {
  await place(150)
  others.dead.push(deadLetter('payment', { at: host.clock.now() }))
  await drained()
  const answers = await readAll(`since=${since}`)
  expect(answers.map(({ violations }) => violations.map(({ rule }) => rule))).toEqual([[], ['dead_letter']])
  expect(others.asked.filter(({ path }) => path.startsWith('/dead-letters?service=payment'))).toHaveLength(1)
})

test('a cursor that no audit gave is refused', async () => {
  const reply = await call(host.url, 'GET /audit?cursor=rubbish', { token: operator })
  expect([reply.status, reply.body.errors?.[0]?.field]).toEqual([400, 'cursor'])
})

test('the metrics tell of the whole audit, once it has ended', async () => {
  await place(150)
  others.dead.push(deadLetter('payment', { at: host.clock.now() }))
  await drained()
  const [first] = await place(1)
  await host.query('order', 'delete from user_processes where order_id = ?', first!.order.id)
  await drained()
  await readAll(`since=${since}`)
  const after = await metrics()
  expect(after).toMatchObject({
    waybill_audit_checked: '151',
    'waybill_audit_violations{rule="process_mismatch"}': '1',
    'waybill_audit_violations{rule="dead_letter"}': '1',
    'waybill_audit_violations{rule="money_kept"}': '0',
  })
  const finished = Number(after.waybill_audit_finished_timestamp_seconds)
  expect(Math.abs(finished - host.clock.now() / 1_000)).toBeLessThan(10)
})

describe('in a service that nobody has used', () => {
  beforeEach(async () => {
    await host.stop()
    host = await startOrderService({ peerUrls: others.urls })
    token = host.users.signIn().token
    operator = host.users.signIn({ role: 'operator' }).token
    since = new Date(host.clock.now()).toISOString()
  })

  test('an answer ends at a thousand violations, and the next goes on', { timeout: 60_000 }, async () => {
    await place(1_150)
    await host.query('order', 'delete from user_processes')
    await drained()
    const answers = await readAll(`since=${since}`)
    expect(answers.map(({ checked, violations }) => [checked, violations.length])).toEqual([
      [1_000, 1_000],
      [150, 150],
    ])
    expect(new Set(answers.flatMap(it => it.violations.map(({ order_id }) => order_id))).size).toBe(1_150)
  })

  test('the metrics say nothing of an audit before there was one, and then count what it found', async () => {
    expect(Object.keys(await metrics()).filter(name => name.startsWith('waybill_audit'))).toEqual([])
    await readAll(`since=${since}`)
    expect(await metrics()).toMatchObject({
      waybill_audit_checked: '0',
      'waybill_audit_violations{rule="stuck"}': '0',
    })
  })

  test('the metrics count what is under way, and what should long have moved on', { timeout: 60_000 }, async () => {
    const [toBeConfirmed] = await place(3)
    await tell.authorized(host, toBeConfirmed!)
    await drained()
    expect(await metrics()).toMatchObject({
      waybill_processes_under_way: '3',
      'waybill_orders_stuck{state="created"}': '0',
      'waybill_orders_stuck{state="confirmed"}': '0',
    })
    // What would move them on is gone.
    await host.query('order', 'delete from timers')
    host.clock.advance(31 * 60_000)
    await until(metrics, it => it['waybill_orders_stuck{state="created"}'] === '2', 15)
    expect((await metrics())['waybill_orders_stuck{state="confirmed"}']).toBe('0')
    host.clock.advance(24 * 3_600_000)
    await until(metrics, it => it['waybill_orders_stuck{state="confirmed"}'] === '1', 15)
  })
})

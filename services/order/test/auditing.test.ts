import type { Audit, ExportRecord, Payment } from '@waybill/contracts'
import { call, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type AuditedService, startAuditedService } from './an-audited-service.ts'
import { cancel, type Placed, placeOrder, startOrderService, tell } from './an-order-and-its-events.ts'
import type { OtherServices } from './the-other-services.ts'
import { exportOf } from './what-data-tells.ts'
import { attempt, payment } from './what-payment-tells.ts'

let audited: AuditedService
let host: TestHost
let token: string
let operator: string
let others: OtherServices
/** Each test looks at its own orders only. */
let since: string

beforeAll(async () => {
  audited = await startAuditedService()
  ;({ host, token, operator, others } = audited)
})
afterAll(() => audited.stop())
beforeEach(() => {
  others.forget()
  host.clock.advance(1_000)
  since = new Date(host.clock.now()).toISOString()
})

const audit = async (query = `?since=${since}`) => {
  const reply = await call<Audit>(host.url, `GET /audit${query}`, { token: operator })
  expect(reply.status).toBe(200)
  return reply.body.data
}
const rules = async () => (await audit()).violations.map(it => it.rule)
const tellPayment = (placed: Placed, it: Payment) => others.payments.set(placed.order.id, it)
const tellExport = (placed: Placed, state: ExportRecord['state']) =>
  others.exports.set(placed.order.process_id, exportOf(placed, state))
const delivered = async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  tellExport(placed, 'finished')
  await tell.finished(host, placed)
  return placed
}
const confirmed = async () => {
  const placed = await placeOrder(host, token)
  await tell.authorized(host, placed)
  return placed
}
const cancelled = async () => {
  const placed = await placeOrder(host, token)
  await cancel(host, token, placed)
  return placed
}
/** Time goes by, and nothing is in flight any more: by default past what work in flight is given. */
const later = async (milliseconds = 31_000) => {
  await until(
    () => host.query('order', 'select id from outbox'),
    waiting => waiting.length === 0,
  )
  host.clock.advance(milliseconds)
}

/** What no request can do: damages the database behind the service's back. */
const damage = (sql: string, id: string | number) => host.query('order', sql, id)

const captured = attempt({ operation: 'capture' })
const refunded = attempt({ operation: 'refund' })

describe('orders as they must be', () => {
  test('are counted and give no violation', async () => {
    const [a, b, c] = [await delivered(), await cancelled(), await confirmed()]
    const waiting = await placeOrder(host, token)
    tellPayment(a, payment(a, 'captured', [attempt({ operation: 'authorize' }), captured]))
    tellPayment(b, payment(b, 'voided', [attempt({ operation: 'void' })]))
    tellPayment(c, payment(c, 'authorized'))
    tellPayment(waiting, payment(waiting, 'pending'))
    await later()
    expect(await audit()).toEqual({ checked: 4, violations: [] })
  })

  test.each(['voided', 'declined'] as const)('may be cancelled with a payment that is %s', async state => {
    const placed = await cancelled()
    tellPayment(placed, payment(placed, state))
    await later()
    expect(await rules()).toEqual([])
  })

  test('may wait for the answer to a refund', async () => {
    const placed = await delivered()
    const asked = attempt({ operation: 'refund', outcome: 'unknown' })
    tellPayment(placed, payment(placed, 'unknown', [captured, asked]))
    await later()
    expect(await rules()).toEqual([])
  })

  test.each(['finished', 'failed', 'cancelled'] as const)('may be cancelled with an export that is %s', async state => {
    const placed = await cancelled()
    tellPayment(placed, payment(placed, 'voided'))
    tellExport(placed, state)
    await later()
    expect(await rules()).toEqual([])
  })

  test('may be delivered and refunded, or cancelled with all money given back', async () => {
    const [a, b] = [await delivered(), await cancelled()]
    for (const placed of [a, b]) tellPayment(placed, payment(placed, 'refunded', [captured, refunded]))
    await later()
    expect(await rules()).toEqual([])
  })

  test('may be on their way: what is younger than 30 s is no violation', async () => {
    const [a, b, c] = [await delivered(), await cancelled(), await confirmed()]
    for (const placed of [a, b]) tellPayment(placed, payment(placed, 'authorized'))
    tellPayment(c, payment(c, 'pending'))
    tellExport(b, 'running')
    await placeOrder(host, token)
    expect(await audit()).toEqual({ checked: 4, violations: [] })
  })
})

test('an order that moves on while it is audited is looked at once more before anything is said of it', async () => {
  const placed = await confirmed()
  await later()
  others.before.set('/payments/details', async () => {
    others.before.clear()
    tellExport(placed, 'finished')
    tellPayment(placed, payment(placed, 'captured', [captured]))
    await tell.finished(host, placed)
  })
  expect(await audit()).toEqual({ checked: 1, violations: [] })
})

describe('what is wrong is found', () => {
  const cases: [string, string, () => Promise<Placed>, (it: Placed) => Payment | undefined][] = [
    ['a delivered order that was never captured', 'capture_missing', delivered, it => payment(it, 'authorized')],
    ['a delivered order without a payment', 'capture_missing', delivered, () => undefined],
    ['two captures', 'captured_twice', delivered, it => payment(it, 'captured', [captured, captured])],
    [
      'a capture of another amount',
      'wrong_amount',
      delivered,
      it => payment(it, 'captured', [attempt({ operation: 'capture', amount: 99 })]),
    ],
    [
      'a payment in another currency',
      'wrong_amount',
      delivered,
      it => ({ ...payment(it, 'captured', [captured]), currency: 'EUR' }),
    ],
    ...(['pending', 'authorized', 'declined', 'voided'] as const).map(
      state =>
        [
          `a delivered order that was captured and yet has a payment that is ${state}`,
          'payment_mismatch',
          delivered,
          (it: Placed) => payment(it, state, [captured]),
        ] as [string, string, () => Promise<Placed>, (it: Placed) => Payment],
    ),
    ['a delivered order whose capture has no answer', 'capture_missing', delivered, it => payment(it, 'unknown')],
    ['a cancelled order whose money is held', 'money_held', cancelled, it => payment(it, 'authorized')],
    ['a cancelled order whose payment has no answer', 'money_held', cancelled, it => payment(it, 'unknown')],
    [
      'a cancelled order whose money was given back by a payment that does not know it',
      'money_held',
      cancelled,
      it => payment(it, 'captured', [captured, refunded]),
    ],
    ['a cancelled order whose money was kept', 'money_kept', cancelled, it => payment(it, 'captured', [captured])],
    [
      'a cancelled order of which a part was kept',
      'money_kept',
      cancelled,
      it => payment(it, 'captured', [captured, attempt({ operation: 'refund', amount: 40 })]),
    ],
    ['a confirmed order without a reservation', 'authorization_missing', confirmed, it => payment(it, 'voided')],
    ['money taken before the delivery', 'captured_early', confirmed, it => payment(it, 'captured', [captured])],
    ['an order that payment never heard of', 'payment_missing', () => placeOrder(host, token), () => undefined],
  ]

  test.each(cases)('%s', async (_, rule, make, pay) => {
    const placed = await make()
    const paid = pay(placed)
    if (paid) tellPayment(placed, paid)
    await later()
    expect(await audit()).toEqual({
      checked: 1,
      violations: [{ order_id: placed.order.id, rule, detail: expect.any(String) }],
    })
  })

  test.each([
    ['a process that disagrees', 'process_mismatch', 'update user_processes set status = 2 where order_id = ?'],
    ['a success below 100 %', 'process_mismatch', 'update user_processes set percentage = 99 where order_id = ?'],
    ['a process that is gone', 'process_mismatch', 'delete from user_processes where order_id = ?'],
    ['a gap in the history', 'history_mismatch', 'delete from order_history where order_id = ? and sequence = 2'],
    ['a history with another end', 'history_mismatch', 'delete from order_history where order_id = ? and sequence = 3'],
  ])('%s', async (_, rule, sql) => {
    const placed = await delivered()
    tellPayment(placed, payment(placed, 'captured', [captured]))
    await later()
    expect(await rules()).toEqual([])
    await damage(sql, placed.order.id)
    expect(await rules()).toEqual([rule])
  })

  test.each(['failed', 'cancelled', undefined] as const)(
    'a delivered order whose export is %s, at once',
    async state => {
      const placed = await delivered()
      tellPayment(placed, payment(placed, 'captured', [captured]))
      others.exports.clear()
      if (state) tellExport(placed, state)
      expect(await audit()).toEqual({
        checked: 1,
        violations: [
          {
            order_id: placed.order.id,
            rule: 'delivery_missing',
            detail: `the order is delivered, its export is ${state ?? 'missing'}`,
          },
        ],
      })
    },
  )

  test('an export that goes on when its order has ended', async () => {
    const [a, b] = [await delivered(), await cancelled()]
    tellPayment(a, payment(a, 'captured', [captured]))
    tellPayment(b, payment(b, 'voided'))
    for (const placed of [a, b]) tellExport(placed, 'running')
    await later()
    expect((await audit()).violations.map(it => [it.order_id, it.rule])).toEqual([
      [a.order.id, 'delivery_missing'],
      [a.order.id, 'export_running'],
      [b.order.id, 'export_running'],
    ])
  })

  const unpaid = (mode: 'now' | 'later') => () => placeOrder(host, token, { payment: { mode } })

  test.each([
    ['unpaid, to be paid later,', unpaid('later'), 'pending', 31 * 60_000],
    ['unpaid, to be paid now,', unpaid('now'), 'unknown', 24 * 3_600_000 + 60_000],
    ['unfinished', confirmed, 'authorized', 24 * 3_600_000 + 60_000],
  ] as const)('an order that hangs %s after its window', async (_, make, state, wait) => {
    const placed = await make()
    tellPayment(placed, payment(placed, state))
    await damage('delete from timers where subject = ?', placed.order.id)
    await later(wait)
    const since = encodeURIComponent(placed.order.created_at)
    expect((await audit(`?since=${since}`)).violations.map(it => it.rule)).toEqual(['stuck'])
  })
})

describe('the stretch of time', () => {
  test('is the last day unless it is given', async () => {
    host.clock.advance(25 * 3_600_000)
    const old = await placeOrder(host, token)
    tellPayment(old, payment(old, 'voided'))
    host.clock.advance(25 * 3_600_000)
    const young = await placeOrder(host, token)
    tellPayment(young, payment(young, 'pending'))
    expect((await audit('')).checked).toBe(1)
    const [from, to] = [old.order.created_at, young.order.created_at]
    expect((await audit(`?since=${from}`)).checked).toBe(2)
    expect((await audit(`?since=${from}&until=${to}`)).checked).toBe(1)
  })

  test('may hold more orders than are read at once', async () => {
    await Promise.all(
      Array.from({ length: 205 }, async () => {
        const placed = await placeOrder(host, token)
        tellPayment(placed, payment(placed, 'pending'))
      }),
    )
    // All at the same moment: pages must not lose any of them.
    const [from, now] = [Date.parse(since), host.clock.now()]
    await host.query('order', 'update orders set created_at = ? where created_at >= ?', now, from)
    await later()
    expect(await audit()).toEqual({ checked: 205, violations: [] })
  })

  test.each([
    ['since=yesterday', expect.any(String)],
    ['since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z', 'must not be after until'],
    ['since=2999-01-01T00:00:00Z', 'must not be in the future'],
  ])('must make sense: %s', async (query, message) => {
    const reply = await call(host.url, `GET /audit?${query}`, { token: operator })
    expect([reply.status, reply.body.errors]).toEqual([400, [{ field: 'since', message }]])
  })
})

test.each(['/payments/details', '/exports/details', '/outbox', '/dead-letters'])(
  'an audit that cannot see %s says so instead of finding nothing',
  async path => {
    const placed = await placeOrder(host, token)
    tellPayment(placed, payment(placed, 'pending'))
    host.clock.advance(31_000)
    others.broken.add(path)
    const reply = await call(host.url, `GET /audit?since=${since}`, { token: operator })
    expect([reply.status, reply.body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
  },
)

test('a service that is not where it should be is not taken for one without dead letters', async () => {
  // Asks itself for the user service's events, and does not host it.
  const lost = await startOrderService({ peerUrls: { payment: others.urls.payment, data: others.urls.data } })
  const { token } = lost.users.signIn({ role: 'operator' })
  const reply = await call(lost.url, 'GET /audit', { token })
  await lost.stop()
  expect([reply.status, reply.body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
})

test('other services are asked in the name of the operator, and customers cannot audit', async () => {
  const placed = await placeOrder(host, token)
  tellPayment(placed, payment(placed, 'pending'))
  host.clock.advance(31_000)
  await audit()
  const asked = others.asked.map(it => `${it.verb} ${it.path.split(/[?&]since/)[0]}`).sort()
  expect(asked).toEqual([
    'GET /dead-letters?service=data&limit=100',
    'GET /dead-letters?service=payment&limit=100',
    'GET /dead-letters?service=user&limit=100',
    'GET /outbox?service=data',
    'GET /outbox?service=payment',
    'GET /outbox?service=user',
    'POST /exports/details',
    'POST /payments/details',
  ])
  expect(new Set(others.asked.map(it => it.token))).toEqual(new Set([operator]))
  expect((await call(host.url, 'GET /audit', { token })).status).toBe(403)
})

test('an audit costs two questions for a hundred orders, however many there are', async () => {
  await Promise.all(
    Array.from({ length: 250 }, async () => {
      const placed = await placeOrder(host, token)
      tellPayment(placed, payment(placed, 'pending'))
    }),
  )
  expect(await audit()).toEqual({ checked: 250, violations: [] })
  const asked = others.asked.filter(({ path }) => path.endsWith('/details'))
  expect(asked.map(({ path }) => path).sort()).toEqual([
    ...Array.from({ length: 3 }, () => '/exports/details'),
    ...Array.from({ length: 3 }, () => '/payments/details'),
  ])
})

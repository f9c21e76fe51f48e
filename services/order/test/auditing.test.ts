import { DatabaseSync } from 'node:sqlite'
import type { Audit, ExportRecord, Payment } from '@waybill/contracts'
import { call, type FakePeer, startFakePeer, type TestHost } from '@waybill/platform/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cancel, type Placed, placeOrder, startOrderService, tell } from './an-order-and-its-events.ts'
import { exportOf } from './what-data-tells.ts'
import { attempt, payment } from './what-payment-tells.ts'

let host: TestHost
let token: string
let operator: string
let payments: FakePeer
let data: FakePeer

beforeEach(async () => {
  payments = await startFakePeer()
  data = await startFakePeer()
  host = await startOrderService({ peerUrls: { payment: payments.url, data: data.url } })
  token = host.users.signIn().token
  operator = host.users.signIn({ role: 'operator' }).token
})
afterEach(async () => {
  await host.stop()
  await payments.stop()
  await data.stop()
})

const audit = async (query = '') => {
  const reply = await call<Audit>(host.url, `GET /audit${query}`, { token: operator })
  expect(reply.status).toBe(200)
  return reply.body.data
}
const rules = async () => (await audit()).violations.map(it => it.rule)
const tellPayment = (placed: Placed, it: Payment) => {
  payments.answers[`GET /payment/details?order_id=${placed.order.id}`] = { status: 200, data: it }
}
const tellExport = (placed: Placed, state: ExportRecord['state']) => {
  data.answers[`GET /exports/${placed.order.process_id}`] = { status: 200, data: exportOf(placed, state) }
}
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
/** Past the time that work in flight is given. */
const later = () => host.clock.advance(31_000)

/** What no request can do: damages the database behind the service's back. */
const damage = (sql: string, id: string | number) => {
  const database = new DatabaseSync(`${host.home}/order.sqlite`, { timeout: 5_000 })
  database.prepare(sql).run(id)
  database.close()
}

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
    later()
    expect(await audit()).toEqual({ checked: 4, violations: [] })
  })

  test.each(['voided', 'declined'] as const)('may be cancelled with a payment that is %s', async state => {
    const placed = await cancelled()
    tellPayment(placed, payment(placed, state))
    later()
    expect(await rules()).toEqual([])
  })

  test('may wait for the answer to a refund', async () => {
    const placed = await delivered()
    const asked = attempt({ operation: 'refund', outcome: 'unknown' })
    tellPayment(placed, payment(placed, 'unknown', [captured, asked]))
    later()
    expect(await rules()).toEqual([])
  })

  test.each(['finished', 'failed', 'cancelled'] as const)('may be cancelled with an export that is %s', async state => {
    const placed = await cancelled()
    tellPayment(placed, payment(placed, 'voided'))
    tellExport(placed, state)
    later()
    expect(await rules()).toEqual([])
  })

  test('may be delivered and refunded, or cancelled with all money given back', async () => {
    const [a, b] = [await delivered(), await cancelled()]
    for (const placed of [a, b]) tellPayment(placed, payment(placed, 'refunded', [captured, refunded]))
    later()
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
  later()
  Object.defineProperty(payments.answers, `GET /payment/details?order_id=${placed.order.id}`, {
    get: () => {
      tellExport(placed, 'finished')
      void tell.finished(host, placed)
      return { status: 200, data: payment(placed, 'captured', [captured]) }
    },
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
    later()
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
    later()
    expect(await rules()).toEqual([])
    damage(sql, placed.order.id)
    expect(await rules()).toEqual([rule])
  })

  test.each(['failed', 'cancelled', undefined] as const)(
    'a delivered order whose export is %s, at once',
    async state => {
      const placed = await delivered()
      tellPayment(placed, payment(placed, 'captured', [captured]))
      delete data.answers[`GET /exports/${placed.order.process_id}`]
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
    later()
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
    damage('delete from timers where subject = ?', placed.order.id)
    host.clock.advance(wait)
    const since = encodeURIComponent(placed.order.created_at)
    expect((await audit(`?since=${since}`)).violations.map(it => it.rule)).toEqual(['stuck'])
  })
})

describe('the stretch of time', () => {
  test('is the last day unless it is given', async () => {
    const old = await placeOrder(host, token)
    tellPayment(old, payment(old, 'voided'))
    host.clock.advance(25 * 3_600_000)
    const young = await placeOrder(host, token)
    tellPayment(young, payment(young, 'pending'))
    expect((await audit()).checked).toBe(1)
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
    damage('update orders set created_at = ?', Date.now()) // All at the same moment: pages must not lose any of them.
    later()
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

test.each(['payments', 'exports'])('an audit that cannot see the %s says so instead of finding nothing', async what => {
  const placed = await placeOrder(host, token)
  if (what === 'payments') payments.answers[`GET /payment/details?order_id=${placed.order.id}`] = undefined
  else data.answers[`GET /exports/${placed.order.process_id}`] = undefined
  const reply = await call(host.url, 'GET /audit', { token: operator })
  expect([reply.status, reply.body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
})

test('payments and exports are read in the name of the operator, and customers cannot audit', async () => {
  const placed = await placeOrder(host, token)
  tellPayment(placed, payment(placed, 'pending'))
  await audit()
  expect(payments.asked.at(-1)?.token).toBe(operator)
  expect(data.asked.at(-1)?.token).toBe(operator)
  expect((await call(host.url, 'GET /audit', { token })).status).toBe(403)
})

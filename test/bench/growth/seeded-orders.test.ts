// What is seeded must be there, whole, and where the bench looks for it.
import { DatabaseSync } from 'node:sqlite'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { beforeAll, expect, it } from 'vitest'
import { tableStatements } from '../floor/floor-tables.ts'
import { planSeeding, seededOrder, seedOrders } from './seeded-orders.ts'

const now = Date.UTC(2026, 10, 22)
const seeding = planSeeding(25_000, 'the-customer', now)
const databases = {} as Record<ServiceName, DatabaseSync>

const count = (service: ServiceName, table: string) =>
  databases[service].prepare(`select count(*) as n from ${table}`).get()!.n

beforeAll(async () => {
  for (const service of serviceNames) {
    databases[service] = new DatabaseSync(':memory:')
    for (const statement of tableStatements()) databases[service].exec(statement)
  }
  await seedOrders(
    {
      run: async (service, sql) => databases[service].exec(sql),
      hex: number => `printf('%012x', ${number})`,
    },
    seeding,
  )
})

it('makes every row that belongs to a delivered order, beyond one chunk too', () => {
  expect(count('order', 'orders')).toBe(25_000)
  expect(count('order', 'order_history')).toBe(75_000)
  expect(count('order', 'user_processes')).toBe(25_000)
  expect(count('payment', 'payments')).toBe(25_000)
  expect(count('payment', 'payment_attempts')).toBe(50_000)
  expect(count('data', 'export_files')).toBe(25_000)
  for (const service of ['order', 'payment', 'data'] as const) expect(count(service, 'inbox')).toBe(50_000)
  expect(count('user', 'users')).toBe(seeding.users - 1)
})

it.each([0, 1, 12_345, 24_999])('knows order %d by the ids that it has in every database', n => {
  const { orderId, processId, at } = seededOrder(seeding, n)
  const find = (service: ServiceName, sql: string) => databases[service].prepare(sql).get(orderId)
  expect(find('order', 'select process_id, created_at, state from orders where id = ?')).toEqual({
    process_id: processId,
    created_at: at,
    state: 'delivered',
  })
  expect(find('payment', 'select process_id, state from payments where order_id = ?')).toEqual({
    process_id: processId,
    state: 'captured',
  })
  expect(find('data', 'select process_id, state from exports where order_id = ?')).toEqual({
    process_id: processId,
    state: 'finished',
  })
})

it('spreads the orders over the users and over the days before now', () => {
  const rows = databases.order.prepare("select count(*) as n from orders where user_id = 'the-customer'").get()
  expect(rows).toEqual({ n: 25_000 / seeding.users })
  expect(seededOrder(seeding, 0).at).toBe(now - 6 * 24 * 3_600_000)
  expect(seededOrder(seeding, 24_999).at).toBeLessThan(now)
})

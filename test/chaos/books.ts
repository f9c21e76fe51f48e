// What the services have written down, read behind their backs: by it the suite knows where every order stands.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import mysql, { type Pool, type RowDataPacket } from 'mysql2/promise'
import type { OrderFacts } from './saga-positions.ts'

export type Row = Record<string, string | number | null>

export interface Books {
  query(service: ServiceName, sql: string, values?: (string | number)[]): Promise<Row[]>
  close(): Promise<void>
}

/** Of services that keep SQLite files in `home`. A file is opened once it is there. */
export function openSqliteBooks(home: string): Books {
  const open = new Map<ServiceName, DatabaseSync>()
  const databaseOf = (service: ServiceName) => {
    const file = join(home, `${service}.sqlite`)
    const known = open.get(service)
    if (known || !existsSync(file)) return known
    const database = new DatabaseSync(file, { timeout: 5_000 })
    open.set(service, database)
    return database
  }
  return {
    query: async (service, sql, values = []) =>
      (databaseOf(service)
        ?.prepare(sql)
        .all(...values) ?? []) as Row[],
    async close() {
      for (const database of open.values()) database.close()
    },
  }
}

/** Of services on MySQL. */
export function openMysqlBooks(urls: Record<ServiceName, string>): Books {
  const pools = Object.fromEntries(
    serviceNames.map(service => [
      service,
      mysql.createPool({ uri: urls[service], connectionLimit: 3, supportBigNumbers: true }),
    ]),
  ) as Record<ServiceName, Pool>
  return {
    async query(service, sql, values = []) {
      const [rows] = await pools[service].query<RowDataPacket[]>(sql, values)
      return rows as Row[]
    },
    async close() {
      for (const pool of Object.values(pools)) await pool.end()
    },
  }
}

/** So many ids in one question at most. */
const idsAtMost = 400

/** Where these orders stand; those that nobody has heard of are left out. The parts are read one after the other: nothing is locked. */
export async function readOrders(books: Books, orderIds: string[]): Promise<OrderFacts[]> {
  const found: OrderFacts[] = []
  for (let at = 0; at < orderIds.length; at += idsAtMost) {
    found.push(...(await readSome(books, orderIds.slice(at, at + idsAtMost))))
  }
  return found
}

async function readSome(books: Books, ids: string[]): Promise<OrderFacts[]> {
  const among = (column: string, list = ids) => `${column} in (${list.map(() => '?').join(', ')})`
  const [orders, payments, attempts, ledger, exports, files, timers, ...outboxes] = await Promise.all([
    books.query(
      'order',
      `select o.id, o.state, o.payment_mode, o.process_id, p.step, p.percentage, c.state as callback
       from orders o join user_processes p on p.process_id = o.process_id
       left join callbacks c on c.process_id = o.process_id where ${among('o.id')}`,
      ids,
    ),
    books.query('payment', `select id, order_id, state, wanted from payments where ${among('order_id')}`, ids),
    books.query(
      'payment',
      `select a.payment_id, a.operation, a.outcome, a.lost, a.idempotency_key from payment_attempts a
       join payments p on p.id = a.payment_id where ${among('p.order_id')} order by a.id`,
      ids,
    ),
    books.query(
      'payment',
      `select l.payment_id, l.idempotency_key, l.outcome from mock_gateway_ledger l
       join payments p on p.id = l.payment_id where ${among('p.order_id')}`,
      ids,
    ),
    books.query(
      'data',
      `select process_id, order_id, state, delivered_at from exports where ${among('order_id')}`,
      ids,
    ),
    books.query(
      'data',
      `select f.process_id, f.position, f.checkpoint, f.sha256 from export_files f
       join exports e on e.process_id = f.process_id where ${among('e.order_id')} order by f.position`,
      ids,
    ),
    books.query('data', `select subject from timers where kind = 'run-export'`),
    ...serviceNames.map(service => books.query(service, 'select message from outbox limit 5000')),
  ])
  const unpublished = typesBySubject(outboxes.flat())
  const due = new Set(timers.map(({ subject }) => subject))
  const exportOf = new Map(exports.map(row => [row.order_id, row]))
  const paymentOf = new Map(payments.map(row => [row.order_id, row]))
  const attemptsOf = grouped(attempts, 'payment_id')
  const ledgerOf = grouped(ledger, 'payment_id')
  const filesOf = grouped(files, 'process_id')

  return orders.map(row => {
    const payment = paymentOf.get(row.id!)
    const delivery = exportOf.get(row.id!)
    return {
      orderId: String(row.id),
      processId: String(row.process_id),
      mode: String(row.payment_mode),
      state: String(row.state),
      step: String(row.step),
      percentage: Number(row.percentage),
      unpublished: unpublished.get(String(row.id)) ?? new Set(),
      payment: payment && {
        state: String(payment.state),
        wanted: payment.wanted === null ? null : String(payment.wanted),
        attempts: (attemptsOf.get(payment.id!) ?? []).map(attempt => ({
          operation: String(attempt.operation),
          outcome: String(attempt.outcome),
          lost: Number(attempt.lost),
          key: String(attempt.idempotency_key),
        })),
        doneAtGateway: new Set(
          (ledgerOf.get(payment.id!) ?? [])
            .filter(({ outcome }) => outcome !== null)
            .map(({ idempotency_key: key }) => String(key)),
        ),
      },
      delivery: delivery && {
        state: String(delivery.state),
        delivered: delivery.delivered_at !== null,
        checkpoint: (filesOf.get(delivery.process_id!) ?? [])
          .map(({ checkpoint, sha256 }) => checkpoint ?? sha256 ?? '')
          .join(''),
      },
      exportDue: due.has(row.process_id!),
      callback: row.callback === null ? undefined : String(row.callback),
    }
  })
}

function typesBySubject(rows: Row[]): Map<string, Set<string>> {
  const types = new Map<string, Set<string>>()
  for (const { message } of rows) {
    const { subject, type } = JSON.parse(String(message)) as { subject: string; type: string }
    types.set(subject, (types.get(subject) ?? new Set()).add(type))
  }
  return types
}

function grouped(rows: Row[], by: string): Map<string | number | null, Row[]> {
  const groups = new Map<string | number | null, Row[]>()
  for (const row of rows) {
    const group = groups.get(row[by]!)
    if (group) group.push(row)
    else groups.set(row[by]!, [row])
  }
  return groups
}

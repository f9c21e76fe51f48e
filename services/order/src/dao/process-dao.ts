// Processes in SQL.
import { type Db, insertRow, prepared, type Tx } from '@waybill/platform/db'
import type { ProcessRow, ProcessStatus } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'

export interface ProcessFilter {
  userId?: string
  status?: ProcessStatus
  beforeId?: string
  limit: number
}

export async function insertProcess(tx: Tx<OrderTables>, row: ProcessRow): Promise<void> {
  await insertRow(tx, 'user_processes', row)
}

const processById = prepared(
  (db: Db<OrderTables>, { processId }: { processId: string }) =>
    db.selectFrom('user_processes').selectAll().where('process_id', '=', processId),
  { by: 'processId' },
)

export function findProcessById(db: Db<OrderTables>, processId: string): Promise<ProcessRow | undefined> {
  return processById.first(db, { processId })
}

export function findProcessesByIds(db: Db<OrderTables>, processIds: string[]): Promise<ProcessRow[]> {
  return db.selectFrom('user_processes').selectAll().where('process_id', 'in', processIds).execute()
}

/** How many are under way; stops counting at `atMost`. */
export async function countUnderWay(db: Db<OrderTables>, atMost: number): Promise<number> {
  const { count } = await db
    .selectFrom(db.selectFrom('user_processes').select('process_id').where('status', '=', 0).limit(atMost).as('some'))
    .select(eb => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Newest first. */
export function listProcesses(db: Db<OrderTables>, filter: ProcessFilter): Promise<ProcessRow[]> {
  let query = db.selectFrom('user_processes').selectAll()
  if (filter.userId !== undefined) query = query.where('user_id', '=', filter.userId)
  if (filter.status !== undefined) query = query.where('status', '=', filter.status)
  if (filter.beforeId !== undefined) query = query.where('process_id', '<', filter.beforeId)
  return query.orderBy('process_id', 'desc').limit(filter.limit).execute()
}

const exportStart = prepared(
  (db: Db<OrderTables>, { processId, step, at }: { processId: string; step: string; at: number }) =>
    db
      .updateTable('user_processes')
      .set(eb => ({ step, started_at: eb.fn.coalesce('started_at', eb.val(at)), updated_at: at }))
      .where('process_id', '=', processId)
      .where('status', '=', 0),
  { by: 'processId', unasked: true },
)

/** The export begins; `started_at` stays where an order that is paid at once has set it. */
export async function startExport(
  tx: Tx<OrderTables>,
  processId: string,
  change: { step: string; at: number },
): Promise<void> {
  await exportStart.run(tx, { processId, ...change })
}

interface ProcessAndOrder {
  processId: string
  orderId: string
}

interface Progress {
  percentage: number
  step: string
  at: number
}

const percentageRaise = prepared(
  (db: Db<OrderTables>, { processId, orderId, percentage, step, at }: ProcessAndOrder & Progress) =>
    db
      .updateTable('user_processes')
      .set({ percentage, step, updated_at: at })
      .where('process_id', '=', processId)
      .where('status', '=', 0)
      .where('percentage', '<=', percentage)
      .where(eb =>
        eb.exists(
          eb
            .selectFrom('orders')
            .select('orders.id')
            .where('orders.id', '=', orderId)
            .where('orders.state', '=', 'confirmed'),
        ),
      ),
)

/** Only ever forward, and only while its order is being exported: news that is late or comes twice changes nothing. */
export async function raisePercentage(tx: Tx<OrderTables>, of: ProcessAndOrder, change: Progress): Promise<void> {
  await percentageRaise.run(tx, { ...of, ...change })
}

interface End {
  status: 1 | 2
  step: string
  reason: string | null
  at: number
}

const processEnd = prepared(
  (db: Db<OrderTables>, { processId, status, step, reason, at }: End & { processId: string }) =>
    db
      .updateTable('user_processes')
      .set({ status, step, reason, updated_at: at, finished_at: at })
      .where('process_id', '=', processId)
      .where('status', '=', 0),
  { by: 'processId', unasked: true },
)

const processSuccess = prepared(
  (db: Db<OrderTables>, { processId, status, step, reason, at }: End & { processId: string }) =>
    db
      .updateTable('user_processes')
      .set({ status, step, reason, percentage: 100, updated_at: at, finished_at: at })
      .where('process_id', '=', processId)
      .where('status', '=', 0),
  { by: 'processId', unasked: true },
)

/** Ends a process as its order ends; the percentage stays where it is unless it succeeded. */
export async function endProcess(tx: Tx<OrderTables>, processId: string, end: End): Promise<void> {
  await (end.status === 1 ? processSuccess : processEnd).run(tx, { processId, ...end })
}

/** Start and end of the processes of a cloud that succeeded last. */
export function listSuccesses(
  db: Db<OrderTables>,
  cloud: string,
  limit: number,
): Promise<{ started_at: number | null; finished_at: number | null }[]> {
  return db
    .selectFrom('user_processes')
    .select(['started_at', 'finished_at'])
    .where('cloud', '=', cloud)
    .where('status', '=', 1)
    .orderBy('finished_at', 'desc')
    .limit(limit)
    .execute()
}

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

const processById = prepared((db: Db<OrderTables>, { processId }: { processId: string }) =>
  db.selectFrom('user_processes').selectAll().where('process_id', '=', processId),
)

export function findProcessById(db: Db<OrderTables>, processId: string): Promise<ProcessRow | undefined> {
  return processById.first(db, { processId })
}

export function findProcessesByIds(db: Db<OrderTables>, processIds: string[]): Promise<ProcessRow[]> {
  return db.selectFrom('user_processes').selectAll().where('process_id', 'in', processIds).execute()
}

/** Newest first. */
export function listProcesses(db: Db<OrderTables>, filter: ProcessFilter): Promise<ProcessRow[]> {
  let query = db.selectFrom('user_processes').selectAll()
  if (filter.userId !== undefined) query = query.where('user_id', '=', filter.userId)
  if (filter.status !== undefined) query = query.where('status', '=', filter.status)
  if (filter.beforeId !== undefined) query = query.where('process_id', '<', filter.beforeId)
  return query.orderBy('process_id', 'desc').limit(filter.limit).execute()
}

/** The export begins; `started_at` stays where an order that is paid at once has set it. */
export async function startExport(
  tx: Tx<OrderTables>,
  processId: string,
  change: { step: string; at: number },
): Promise<void> {
  await tx
    .updateTable('user_processes')
    .set(eb => ({
      step: change.step,
      started_at: eb.fn.coalesce('started_at', eb.val(change.at)),
      updated_at: change.at,
    }))
    .where('process_id', '=', processId)
    .where('status', '=', 0)
    .execute()
}

/** Only ever forward, and only while its order is being exported: news that is late or comes twice changes nothing. */
export async function raisePercentage(
  tx: Tx<OrderTables>,
  of: { processId: string; orderId: string },
  change: { percentage: number; step: string; at: number },
): Promise<void> {
  await tx
    .updateTable('user_processes')
    .set({ percentage: change.percentage, step: change.step, updated_at: change.at })
    .where('process_id', '=', of.processId)
    .where('status', '=', 0)
    .where('percentage', '<=', change.percentage)
    .where(eb =>
      eb.exists(
        eb
          .selectFrom('orders')
          .select('orders.id')
          .where('orders.id', '=', of.orderId)
          .where('orders.state', '=', 'confirmed'),
      ),
    )
    .execute()
}

/** Ends a process as its order ends; the percentage stays where it is unless it succeeded. */
export async function endProcess(
  tx: Tx<OrderTables>,
  processId: string,
  end: { status: 1 | 2; step: string; reason: string | null; at: number },
): Promise<void> {
  await tx
    .updateTable('user_processes')
    .set({
      status: end.status,
      step: end.step,
      reason: end.reason,
      updated_at: end.at,
      finished_at: end.at,
      ...(end.status === 1 ? { percentage: 100 } : {}),
    })
    .where('process_id', '=', processId)
    .where('status', '=', 0)
    .execute()
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

// Exports and their files in SQL.
import { type Db, insertRow, type PreparedQuery, prepared, type Tx, updateRow } from '@waybill/platform/db'
import {
  type ExportFileRow,
  type ExportOperation,
  type ExportRow,
  type ExportWithFiles,
  exportTransitions,
} from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'

/** False where the process has an export already. */
export async function addExport(tx: Tx<DataTables>, row: ExportRow, files: ExportFileRow[]): Promise<boolean> {
  if ((await insertRow(tx, 'exports', row, { orIgnore: true })) !== 1n) return false
  for (const file of files) await insertRow(tx, 'export_files', file)
  return true
}

const exportOfProcess = prepared(
  (db: Db<DataTables>, { processId }: { processId: string }) =>
    db.selectFrom('exports').selectAll().where('process_id', '=', processId),
  { by: 'processId' },
)

export function findExport(db: Db<DataTables>, processId: string): Promise<ExportRow | undefined> {
  return exportOfProcess.first(db, { processId })
}

const filesOfProcess = prepared(
  (db: Db<DataTables>, { processId }: { processId: string }) =>
    db.selectFrom('export_files').selectAll().where('process_id', '=', processId).orderBy('position'),
  { by: 'processId' },
)

export async function findExportWithFiles(db: Db<DataTables>, processId: string): Promise<ExportWithFiles | undefined> {
  const [row, files] = await Promise.all([findExport(db, processId), filesOfProcess.all(db, { processId })])
  return row && { ...row, files }
}

/** Those that there are. */
export async function listExportsWithFiles(db: Db<DataTables>, processIds: string[]): Promise<ExportWithFiles[]> {
  const rows = await db.selectFrom('exports').selectAll().where('process_id', 'in', processIds).execute()
  const files = await db
    .selectFrom('export_files')
    .selectAll()
    .where('process_id', 'in', processIds)
    .orderBy('process_id')
    .orderBy('position')
    .execute()
  const byProcess = Map.groupBy(files, file => file.process_id)
  return rows.map(row => ({ ...row, files: byProcess.get(row.process_id) ?? [] }))
}

type Move = Partial<ExportRow> & { updated_at: number }
const moves = new Map<string, PreparedQuery<DataTables, Move & { processId: string }, unknown>>()

/** Moves an export along the transition table; false where it is not in a state that allows it, or delivered. */
export async function moveExport(
  tx: Tx<DataTables>,
  processId: string,
  operation: ExportOperation,
  change: Move,
): Promise<boolean> {
  const columns = Object.keys(change) as (keyof Move)[]
  const name = `${operation} ${columns}`
  let move = moves.get(name)
  if (!move) {
    const { from, to } = exportTransitions[operation]
    move = prepared<DataTables, Move & { processId: string }, unknown>(
      (db, values) =>
        db
          .updateTable('exports')
          .set({ ...Object.fromEntries(columns.map(column => [column, values[column]])), state: to })
          .where('process_id', '=', values.processId)
          .where('state', 'in', from)
          .where('delivered_at', 'is', null),
      { by: 'processId' },
    )
    moves.set(name, move)
  }
  return (await move.change(tx, { processId, ...change })) === 1n
}

/** Notes what keeps a running export from going on; progress takes it back. */
export async function noteTrouble(tx: Tx<DataTables>, processId: string, reason: string, now: number): Promise<void> {
  await tx
    .updateTable('exports')
    .set({ reason, updated_at: now })
    .where('process_id', '=', processId)
    .where('state', '=', 'running')
    .execute()
}

const progress = prepared(
  (db: Db<DataTables>, { processId, percentage, now }: { processId: string; percentage: number; now: number }) =>
    db
      .updateTable('exports')
      .set(eb => ({
        reason: null,
        percentage: eb.case().when('percentage', '<', percentage).then(percentage).else(eb.ref('percentage')).end(),
        updated_at: now,
      }))
      .where('process_id', '=', processId)
      .where('state', '=', 'running'),
)

/** Notes how far a running export is; false where it does not run any more. The percentage never goes down. */
export async function noteProgress(
  tx: Tx<DataTables>,
  processId: string,
  percentage: number,
  now: number,
): Promise<boolean> {
  return (await progress.change(tx, { processId, percentage, now })) === 1n
}

export async function saveFile(
  tx: Tx<DataTables>,
  { process_id, position }: Pick<ExportFileRow, 'process_id' | 'position'>,
  change: Partial<ExportFileRow> & { updated_at: number },
): Promise<void> {
  const where = { process_id, position }
  await updateRow(tx, 'export_files', { key: 'process_id', set: change, where, unasked: true })
}

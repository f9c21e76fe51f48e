// Exports and their files in SQL.
import type { Db, Tx } from '@waybill/platform/db'
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
  const { numInsertedOrUpdatedRows } = await tx.insertInto('exports').orIgnore().values(row).executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows !== 1n) return false
  if (files.length > 0) await tx.insertInto('export_files').values(files).execute()
  return true
}

export function findExport(db: Db<DataTables>, processId: string): Promise<ExportRow | undefined> {
  return db.selectFrom('exports').selectAll().where('process_id', '=', processId).executeTakeFirst()
}

export async function findExportWithFiles(db: Db<DataTables>, processId: string): Promise<ExportWithFiles | undefined> {
  const row = await findExport(db, processId)
  if (!row) return undefined
  const files = db.selectFrom('export_files').selectAll().where('process_id', '=', processId).orderBy('position')
  return { ...row, files: await files.execute() }
}

/** Moves an export along the transition table; false where it is not in a state that allows it, or delivered. */
export async function moveExport(
  tx: Tx<DataTables>,
  processId: string,
  operation: ExportOperation,
  change: Partial<ExportRow> & { updated_at: number },
): Promise<boolean> {
  const { from, to } = exportTransitions[operation]
  const { numUpdatedRows } = await tx
    .updateTable('exports')
    .set({ ...change, state: to })
    .where('process_id', '=', processId)
    .where('state', 'in', from)
    .where('delivered_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
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

/** Notes how far a running export is; false where it does not run any more. The percentage never goes down. */
export async function noteProgress(
  tx: Tx<DataTables>,
  processId: string,
  percentage: number,
  now: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('exports')
    .set(eb => ({
      reason: null,
      percentage: eb.case().when('percentage', '<', percentage).then(percentage).else(eb.ref('percentage')).end(),
      updated_at: now,
    }))
    .where('process_id', '=', processId)
    .where('state', '=', 'running')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function saveFile(
  tx: Tx<DataTables>,
  { process_id, position }: Pick<ExportFileRow, 'process_id' | 'position'>,
  change: Partial<ExportFileRow> & { updated_at: number },
): Promise<void> {
  await tx
    .updateTable('export_files')
    .set(change)
    .where('process_id', '=', process_id)
    .where('position', '=', position)
    .execute()
}

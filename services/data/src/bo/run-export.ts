// What is due for an export: its work while it runs, and the removal of what was written once it was cancelled or failed.
import type { Database, Timer } from '@waybill/platform/db'
import type * as exportDao from '../dao/export-dao.ts'
import type { ExportWithFiles } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'
import type { RemoveDelivery } from './remove-delivery.ts'
import type { WorkOffExport } from './work-off-export.ts'

/** One kind of timer for both, and so one at a time: nothing is written any more when the removal begins. */
export const runExportTimer = 'run-export'

interface Needs {
  database: Database<DataTables>
  exports: typeof exportDao
  workOffExport: WorkOffExport
  removeDelivery: RemoveDelivery
}

export function createRunExport({ database, exports, workOffExport, removeDelivery }: Needs) {
  return async (timer: Timer, stopping: AbortSignal): Promise<void> => {
    const known = timer.known as ExportWithFiles | undefined
    const found = known ?? (await exports.findExportWithFiles(database.db, timer.subject))
    if (!found) return
    const outcome = found.state === 'running' ? await workOffExport(found, timer, stopping) : found.state
    if (outcome === 'failed' || outcome === 'cancelled') await removeDelivery(found, timer)
  }
}

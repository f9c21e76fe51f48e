// Writes down that every file of an export is complete, with the fact that the order waits for.
import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type { ExportedFile } from '../clouds/cloud.ts'
import type * as exportDao from '../dao/export-dao.ts'
import { type ExportWithFiles, factsOf } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  database: Database<DataTables>
  exports: typeof exportDao
  outbox: Outbox
  clock: Clock
}

export type FinishExport = ReturnType<typeof createFinishExport>

/**
 * `files` in the order of the export's. Answers false where it was cancelled meanwhile; throws ClaimLost where another process
 * works it off, or has: its files count.
 */
export function createFinishExport({ database, exports, outbox, clock }: Needs) {
  return (it: ExportWithFiles, files: ExportedFile[], timer: Timer): Promise<boolean> =>
    database.transaction(async tx => {
      const now = clock.now()
      const change = { reason: null, percentage: 100, finished_at: now, updated_at: now }
      if (!(await exports.moveExport(tx, it.process_id, 'finish', change))) {
        await timer.assertHeld(tx)
        return false
      }
      for (const [at, file] of it.files.entries()) {
        await exports.saveFile(tx, file, { ...files[at], percentage: 100, checkpoint: null, updated_at: now })
      }
      await outbox.add(tx, 'export.finished', it.order_id, {
        ...factsOf(it),
        files: files.length,
        records: files.reduce((sum, file) => sum + file.records, 0),
        bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      })
      await timer.complete(tx)
      return true
    }, it.order_id)
}

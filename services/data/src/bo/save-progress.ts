// Keeps a checkpoint of a running export and, now and then, tells the others how far it is.
import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type * as exportDao from '../dao/export-dao.ts'
import { type ExportFileRow, type ExportWithFiles, factsOf } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  database: Database<DataTables>
  exports: typeof exportDao
  outbox: Outbox
  clock: Clock
}

export interface Progress {
  file: ExportFileRow
  change: Partial<ExportFileRow>
  /** Of the whole export, 1 to 99. */
  percentage: number
  told: boolean
}

export type SaveProgress = ReturnType<typeof createSaveProgress>

/** Answers false where the export does not run any more; throws ClaimLost where another process works it off. */
export function createSaveProgress({ database, exports, outbox, clock }: Needs) {
  return (it: ExportWithFiles, timer: Timer, { file, change, percentage, told }: Progress): Promise<boolean> =>
    database.transaction(async tx => {
      const now = clock.now()
      const isRunning = await exports.noteProgress(tx, it.process_id, percentage, now)
      await timer.assertHeld(tx)
      if (!isRunning) return false
      await exports.saveFile(tx, file, { ...change, updated_at: now })
      if (!told) return true
      const step = `exporting ${file.dataset} (${file.position + 1} of ${it.files.length})`
      await outbox.add(tx, 'export.progressed', it.order_id, { ...factsOf(it), percentage, step })
      return true
    }, it.order_id)
}

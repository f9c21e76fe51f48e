// Writes down how a run of an export ended, with the fact that others wait for, in one transaction.

import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type { ExportedFile } from '../clouds/cloud.ts'
import type * as exportDao from '../dao/export-dao.ts'
import type { ExportWithFiles } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  database: Database<DataTables>
  exports: typeof exportDao
  outbox: Outbox
  clock: Clock
}

const firstWaitMilliseconds = 1_000
const longestWaitMilliseconds = 60_000

export type EndExport = ReturnType<typeof createEndExport>

export function createEndExport({ database, exports, outbox, clock }: Needs) {
  return {
    /** `files` in the order of the export's. False where it was cancelled meanwhile. */
    finish(it: ExportWithFiles, files: ExportedFile[], timer: Timer): Promise<boolean> {
      return database.transaction(async tx => {
        const now = clock.now()
        const change = { percentage: 100, finished_at: now, updated_at: now }
        if (!(await exports.moveExport(tx, it.process_id, 'finish', change))) return false
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
      })
    },

    /** `reason` is for the customer. The timer stays: what was written is still to be removed. */
    fail(it: ExportWithFiles, reason: string): Promise<void> {
      return database.transaction(async tx => {
        const now = clock.now()
        if (!(await exports.moveExport(tx, it.process_id, 'fail', { reason, finished_at: now, updated_at: now })))
          return
        await outbox.add(tx, 'export.failed', it.order_id, { ...factsOf(it), reason })
      })
    },

    retry(timer: Timer, { attempt, atOnce }: { attempt: number; atOnce: boolean }): Promise<void> {
      const pause = atOnce ? 0 : Math.min(firstWaitMilliseconds * 2 ** (attempt - 1), longestWaitMilliseconds)
      return database.transaction(tx => timer.reschedule(tx, clock.now() + pause, attempt))
    },
  }
}

export function factsOf({ order_id, process_id, user_id }: ExportWithFiles) {
  return { order_id, process_id, user_id }
}

// Writes down that an export cannot be done, with the fact that the order waits for.
import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type * as exportDao from '../dao/export-dao.ts'
import { type ExportWithFiles, factsOf } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  database: Database<DataTables>
  exports: typeof exportDao
  outbox: Outbox
  clock: Clock
}

export type FailExport = ReturnType<typeof createFailExport>

/**
 * `reason` is for the customer. The timer stays: what was written is still to be removed. Throws ClaimLost where another
 * process works the export off: it may know better.
 */
export function createFailExport({ database, exports, outbox, clock }: Needs) {
  return (it: ExportWithFiles, reason: string, timer: Timer): Promise<void> =>
    database.transaction(async tx => {
      const now = clock.now()
      const change = { reason, finished_at: now, updated_at: now }
      const moved = await exports.moveExport(tx, it.process_id, 'fail', change)
      await timer.assertHeld(tx)
      if (!moved) return
      await outbox.add(tx, 'export.failed', it.order_id, { ...factsOf(it), reason })
    })
}

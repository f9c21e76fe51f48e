// Ends the export of an order that was cancelled and has its delivery removed; an export that comes later does not begin.
import type { CloudEvent } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import { afterCommit, type Timers, type Tx } from '@waybill/platform/db'
import { rememberContext } from '@waybill/platform/log'
import type * as exportDao from '../dao/export-dao.ts'
import type { DataTables } from '../models/tables.ts'
import { runExportTimer } from './run-export.ts'
import type { RunningExports } from './running-exports.ts'

interface Needs {
  exports: typeof exportDao
  timers: Timers
  running: RunningExports
  clock: Clock
}

export function createCancelExportWhenOrderCancelled({ exports, timers, running, clock }: Needs) {
  return async (tx: Tx<DataTables>, { data }: CloudEvent<'order.cancelled'>): Promise<void> => {
    const now = clock.now()
    const { order_id, process_id, user_id, cloud, account, cancel_reason: reason } = data
    if (await exports.moveExport(tx, process_id, 'cancel', { reason, updated_at: now })) {
      // The same timer as the work has: whoever holds it ends first, then what was written is removed.
      await timers.schedule(tx, runExportTimer, process_id, now)
      afterCommit(tx, () => running.stop(process_id))
      return
    }
    const tombstone = { ...{ process_id, order_id, user_id, cloud, account, reason }, state: 'cancelled' as const }
    const { request_id } = rememberContext()
    const times = { percentage: 0, delivered_at: null, finished_at: null, created_at: now, updated_at: now }
    await exports.addExport(tx, { ...tombstone, ...times, request_id }, [])
  }
}

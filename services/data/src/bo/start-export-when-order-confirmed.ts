// Begins the export of an order whose payment is authorized.
import type { CloudEvent } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Timers, Tx } from '@waybill/platform/db'
import { rememberContext } from '@waybill/platform/log'
import type * as exportDao from '../dao/export-dao.ts'
import type { ExportRow, ExportWithFiles } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'
import { runExportTimer } from './run-export.ts'

interface Needs {
  exports: typeof exportDao
  timers: Timers
  clock: Clock
}

/** An order that was cancelled meanwhile has its row already, and nothing begins. */
export function createStartExportWhenOrderConfirmed({ exports, timers, clock }: Needs) {
  return async (tx: Tx<DataTables>, { data }: CloudEvent<'order.confirmed'>): Promise<void> => {
    const now = clock.now()
    const { order_id, process_id, user_id, cloud, account } = data
    const row: ExportRow = {
      ...{ process_id, order_id, user_id, cloud, account },
      ...{ state: 'running', reason: null, percentage: 0, delivered_at: null, finished_at: null },
      ...{ request_id: rememberContext().request_id, created_at: now, updated_at: now },
    }
    const files = data.items.map(({ dataset, format, compression = null }, position) => ({
      ...{ process_id, position, dataset, format, compression },
      ...{ checkpoint: null, percentage: 0, records: 0, bytes: 0, sha256: null, updated_at: now },
    }))
    const written: ExportWithFiles = { ...row, files }
    if (await exports.addExport(tx, row, files)) await timers.schedule(tx, runExportTimer, process_id, now, written)
  }
}

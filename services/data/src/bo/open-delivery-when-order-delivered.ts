// Notes that an order is delivered: from now on its files are handed out without asking anybody.
import type { CloudEvent } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Tx } from '@waybill/platform/db'
import type * as exportDao from '../dao/export-dao.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  exports: typeof exportDao
  clock: Clock
}

export function createOpenDeliveryWhenOrderDelivered({ exports, clock }: Needs) {
  return async (tx: Tx<DataTables>, { data }: CloudEvent<'order.delivered'>): Promise<void> => {
    const now = clock.now()
    await exports.moveExport(tx, data.process_id, 'deliver', { delivered_at: now, updated_at: now })
  }
}

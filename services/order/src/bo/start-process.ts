// Shows that the export of a confirmed order has begun.
import type { Clock } from '@waybill/platform/clock'
import type { Tx } from '@waybill/platform/db'
import type * as processDao from '../dao/process-dao.ts'
import type { OrderRow } from '../models/order.ts'
import { steps } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'
import type { ProcessWatch } from './process-watch.ts'

interface Needs {
  processes: typeof processDao
  watch: ProcessWatch
  clock: Clock
}

export type StartProcess = ReturnType<typeof createStartProcess>

export function createStartProcess({ processes, watch, clock }: Needs) {
  return async (tx: Tx<OrderTables>, order: OrderRow): Promise<void> => {
    await processes.startExport(tx, order.process_id, { step: steps.exporting, at: clock.now() })
    watch.changed(tx, order.process_id)
  }
}

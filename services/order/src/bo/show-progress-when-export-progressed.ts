// The export is a little further: so is the process that the customer looks at. News that is late or comes twice changes nothing.
import type { CloudEvent } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Tx } from '@waybill/platform/db'
import type * as processDao from '../dao/process-dao.ts'
import { cutStep } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'
import type { ProcessWatch } from './process-watch.ts'

interface Needs {
  processes: typeof processDao
  watch: ProcessWatch
  clock: Clock
}

/** A process shows 100 % exactly when it has succeeded, so whatever an export reports before that stays below. */
const mostWhileRunning = 99

export function createShowProgress({ processes, watch, clock }: Needs) {
  return async (tx: Tx<OrderTables>, { data }: CloudEvent<'export.progressed'>): Promise<void> => {
    await processes.raisePercentage(
      tx,
      { processId: data.process_id, orderId: data.order_id },
      { percentage: Math.min(data.percentage, mostWhileRunning), step: cutStep(data.step), at: clock.now() },
    )
    watch.changed(tx, data.process_id)
  }
}

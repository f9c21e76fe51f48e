// A window has closed: the order was not paid, or not exported, in its time. It ends instead of hanging.
import type { Database, TimerHandler } from '@waybill/platform/db'
import type { OrderTables } from '../models/tables.ts'
import type { CancelOrder } from './cancel-order.ts'
import type { Cancellation } from './order-transitions.ts'

interface Needs {
  database: Database<OrderTables>
  cancelOrder: CancelOrder
}

/** `why` and `reason` say which window it was. */
export function createCancelOverdueOrder(
  { database, cancelOrder }: Needs,
  why: Cancellation,
  reason: string,
): TimerHandler {
  return timer =>
    database.transaction(async tx => {
      await cancelOrder(tx, timer.subject, why, reason)
      await timer.complete(tx)
    })
}

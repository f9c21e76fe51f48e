// A window has closed: the order was not paid, or not exported, in its time. It ends instead of hanging.
import type { Database, Timer, TimerHandler } from '@waybill/platform/db'
import { acceptTraceparent, withContext } from '@waybill/platform/log'
import type * as orderDao from '../dao/order-dao.ts'
import type { OrderTables } from '../models/tables.ts'
import type { CancelOrder } from './cancel-order.ts'
import type { Cancellation } from './order-transitions.ts'

interface Needs {
  database: Database<OrderTables>
  orders: typeof orderDao
  cancelOrder: CancelOrder
}

/** `why` and `reason` say which window it was. */
export function createCancelOverdueOrder(
  { database, orders, cancelOrder }: Needs,
  why: Cancellation,
  reason: string,
): TimerHandler {
  const end = (timer: Timer) =>
    database.transaction(async tx => {
      await cancelOrder(tx, timer.subject, why, reason)
      await timer.complete(tx)
    })

  return async timer => {
    const order = await orders.findOrderById(database.db, timer.subject)
    // Nobody asks now, so what happens belongs to the request that placed the order.
    const context = order && { requestId: order.request_id, traceparent: acceptTraceparent(undefined) }
    await (context ? withContext(context, () => end(timer)) : end(timer))
  }
}

// Cancels an order, whatever the reason: state, history, process, event and waiting timer in one transaction.

import type { Outbox } from '@waybill/platform/bus'
import type { Timers, Tx } from '@waybill/platform/db'
import type { OrderRow } from '../models/order.ts'
import { windowOf } from '../models/order-window.ts'
import type { OrderTables } from '../models/tables.ts'
import type { EndProcess } from './end-process.ts'
import { type Cancellation, type MoveOrder, orderTransitions } from './order-transitions.ts'

interface Needs {
  moveOrder: MoveOrder
  endProcess: EndProcess
  timers: Timers
  outbox: Outbox
}

export type CancelOrder = ReturnType<typeof createCancelOrder>

export function createCancelOrder({ moveOrder, endProcess, timers, outbox }: Needs) {
  /** Answers the cancelled order; undefined where it was in no state that `why` may cancel. `reason` is for its owner. */
  return async (
    tx: Tx<OrderTables>,
    orderId: string,
    why: Cancellation,
    reason: string,
  ): Promise<OrderRow | undefined> => {
    const moved = await moveOrder(tx, orderId, why)
    if (!moved) return undefined
    const { from, order } = moved
    await endProcess(tx, order, reason)
    await timers.cancel(tx, windowOf(from)!, orderId)
    await outbox.add(tx, 'order.cancelled', orderId, {
      order_id: orderId,
      process_id: order.process_id,
      user_id: order.user_id,
      cloud: order.cloud,
      account: order.account,
      amount: order.amount,
      currency: order.currency,
      payment_mode: order.payment_mode,
      cancel_reason: orderTransitions[why].reason,
    })
    return order
  }
}

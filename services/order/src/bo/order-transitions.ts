// The one table of how an order's state may change, and the one place where it does.
import type { CancelReason, OrderState } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Tx } from '@waybill/platform/db'
import { currentContext } from '@waybill/platform/log'
import type * as orderDao from '../dao/order-dao.ts'
import type { OrderRow } from '../models/order.ts'
import type { OrderTables } from '../models/tables.ts'

interface Transition {
  /** In the order in which an order passes through them. */
  from: readonly OrderState[]
  to: OrderState
  reason: CancelReason | null
}

export const orderTransitions = {
  confirm: { from: ['created'], to: 'confirmed', reason: null },
  deliver: { from: ['confirmed'], to: 'delivered', reason: null },
  declinePayment: { from: ['created'], to: 'cancelled', reason: 'payment_declined' },
  expirePayment: { from: ['created'], to: 'cancelled', reason: 'payment_expired' },
  failProcessing: { from: ['confirmed'], to: 'cancelled', reason: 'processing_failed' },
  cancelByUser: { from: ['created', 'confirmed'], to: 'cancelled', reason: 'cancelled_by_user' },
} as const satisfies Record<string, Transition>

export type OrderTransitionName = keyof typeof orderTransitions
/** Those that end an order without a delivery. */
export type Cancellation = Exclude<OrderTransitionName, 'confirm' | 'deliver'>

interface Needs {
  orders: typeof orderDao
  clock: Clock
}

export interface Moved {
  from: OrderState
  /** As it is now. */
  order: OrderRow
}

export type MoveOrder = ReturnType<typeof createMoveOrder>

export function createMoveOrder({ orders, clock }: Needs) {
  /** Undefined where the order is in no state that the transition leaves: it came late, twice, or lost a race. */
  return async (tx: Tx<OrderTables>, orderId: string, name: OrderTransitionName): Promise<Moved | undefined> => {
    const { from: origins, to, reason }: Transition = orderTransitions[name]
    const at = clock.now()
    for (const from of origins) {
      // The guard is the update itself. States only go forward, so trying the origins in their order misses none.
      if (!(await orders.changeOrderState(tx, orderId, { from, to, cancelReason: reason, at }))) continue
      const order = (await orders.findOrderById(tx, orderId))!
      await orders.insertHistory(tx, {
        order_id: orderId,
        sequence: order.version,
        from_state: from,
        to_state: to,
        reason,
        at,
        request_id: currentContext()?.requestId ?? order.request_id,
      })
      return { from, order }
    }
    // News of an order that nobody knows is kept for a person (the consumer's dead letters), for money may hang on it.
    if (!(await orders.findOrderById(tx, orderId))) throw new Error(`there is no order ${orderId} to ${name}`)
    return undefined
  }
}

// Writes a new order with all that belongs to it: history, process, event, and the window that closes on its payment.
import type { PlaceOrderBody } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Timers, Tx } from '@waybill/platform/db'
import type * as orderDao from '../dao/order-dao.ts'
import type * as processDao from '../dao/process-dao.ts'
import { orderedItems } from '../models/order.ts'
import { type OrderWindows, paymentWindow, windowEnd } from '../models/order-window.ts'
import type { OrderTables } from '../models/tables.ts'
import type { OrderDraft } from './draft-order.ts'

interface Needs {
  orders: typeof orderDao
  processes: typeof processDao
  outbox: Outbox
  timers: Timers
  windows: OrderWindows
}

export type BeginOrder = ReturnType<typeof createBeginOrder>

export function createBeginOrder({ orders, processes, outbox, timers, windows }: Needs) {
  return async (
    tx: Tx<OrderTables>,
    { order, process }: OrderDraft,
    payment: PlaceOrderBody['payment'],
  ): Promise<void> => {
    await orders.insertOrder(tx, order)
    await orders.insertHistory(tx, {
      order_id: order.id,
      sequence: order.version,
      from_state: null,
      to_state: order.state,
      reason: null,
      at: order.created_at,
      request_id: order.request_id,
    })
    await processes.insertProcess(tx, process)
    // An order that never gets its answer must not hang: a window closes on every one, paid now or later.
    await timers.schedule(tx, paymentWindow, order.id, windowEnd(order, windows)!)
    await outbox.add(tx, 'order.created', order.id, {
      order_id: order.id,
      process_id: order.process_id,
      user_id: order.user_id,
      cloud: order.cloud,
      account: order.account,
      items: orderedItems(order),
      amount: order.amount,
      currency: order.currency,
      payment_mode: order.payment_mode,
      gateway: payment.gateway ?? null,
      payment_token: payment.token ?? null,
    })
  }
}

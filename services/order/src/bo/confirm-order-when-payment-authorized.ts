// The money is reserved: the order is confirmed and its export may begin. An order that is cancelled by then stays so, and
// the payment service gives the money back when it hears of that.
import type { CloudEvent } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Timers, Tx } from '@waybill/platform/db'
import { orderedItems } from '../models/order.ts'
import { type OrderWindows, paymentWindow, processingWindow, windowEnd } from '../models/order-window.ts'
import type { OrderTables } from '../models/tables.ts'
import type { MoveOrder } from './order-transitions.ts'
import type { StartProcess } from './start-process.ts'

interface Needs {
  moveOrder: MoveOrder
  startProcess: StartProcess
  timers: Timers
  outbox: Outbox
  windows: OrderWindows
}

export function createConfirmOrder({ moveOrder, startProcess, timers, outbox, windows }: Needs) {
  return async (tx: Tx<OrderTables>, { data }: CloudEvent<'payment.authorized'>): Promise<void> => {
    const moved = await moveOrder(tx, data.order_id, 'confirm')
    if (!moved) return
    const { order } = moved
    await startProcess(tx, order)
    await timers.cancel(tx, paymentWindow, order.id)
    await timers.schedule(tx, processingWindow, order.id, windowEnd(order, windows)!)
    await outbox.add(tx, 'order.confirmed', order.id, {
      order_id: order.id,
      process_id: order.process_id,
      user_id: order.user_id,
      cloud: order.cloud,
      account: order.account,
      items: orderedItems(order),
    })
  }
}

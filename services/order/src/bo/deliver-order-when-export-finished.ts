// Every file is written and checked: the order is delivered, and the payment may be captured.
import type { CloudEvent } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Timers, Tx } from '@waybill/platform/db'
import { processingWindow } from '../models/order-window.ts'
import type { OrderTables } from '../models/tables.ts'
import type { EndProcess } from './end-process.ts'
import type { MoveOrder } from './order-transitions.ts'

interface Needs {
  moveOrder: MoveOrder
  endProcess: EndProcess
  timers: Timers
  outbox: Outbox
}

export function createDeliverOrder({ moveOrder, endProcess, timers, outbox }: Needs) {
  return async (tx: Tx<OrderTables>, { data }: CloudEvent<'export.finished'>): Promise<void> => {
    const moved = await moveOrder(tx, data.order_id, 'deliver')
    if (!moved) return
    const { order } = moved
    await endProcess(tx, order, null)
    await timers.cancel(tx, processingWindow, order.id)
    await outbox.add(tx, 'order.delivered', order.id, {
      order_id: order.id,
      process_id: order.process_id,
      user_id: order.user_id,
      amount: order.amount,
      currency: order.currency,
    })
  }
}

// The gateway said no: the order ends before anything was done.
import type { CloudEvent } from '@waybill/contracts'
import type { Tx } from '@waybill/platform/db'
import type { OrderTables } from '../models/tables.ts'
import type { CancelOrder } from './cancel-order.ts'

interface Needs {
  cancelOrder: CancelOrder
}

export function createCancelDeclinedOrder({ cancelOrder }: Needs) {
  return async (tx: Tx<OrderTables>, { data }: CloudEvent<'payment.declined'>): Promise<void> => {
    await cancelOrder(tx, data.order_id, 'declinePayment', `the payment was declined: ${data.decline_code}`)
  }
}

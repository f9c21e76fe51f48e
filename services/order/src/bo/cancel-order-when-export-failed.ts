// The export cannot be done: the order ends, and its owner reads why.
import type { CloudEvent } from '@waybill/contracts'
import type { Tx } from '@waybill/platform/db'
import type { OrderTables } from '../models/tables.ts'
import type { CancelOrder } from './cancel-order.ts'

interface Needs {
  cancelOrder: CancelOrder
}

export function createCancelFailedOrder({ cancelOrder }: Needs) {
  return async (tx: Tx<OrderTables>, { data }: CloudEvent<'export.failed'>): Promise<void> => {
    await cancelOrder(tx, data.order_id, 'failProcessing', data.reason)
  }
}

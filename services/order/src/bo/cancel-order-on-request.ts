// A customer takes an order back while it is not final.
import type { Order } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Database } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import { presentOrder } from '../models/order.ts'
import type { OrderTables } from '../models/tables.ts'
import type { CancelOrder } from './cancel-order.ts'
import type { FindOrder } from './find-order.ts'
import { refuseUnlessOwner } from './ownership.ts'

interface Needs {
  database: Database<OrderTables>
  findOrder: FindOrder
  cancelOrder: CancelOrder
}

export type CancelOrderOnRequest = ReturnType<typeof createCancelOrderOnRequest>

export function createCancelOrderOnRequest({ database, findOrder, cancelOrder }: Needs) {
  return async (caller: Principal, orderId: string): Promise<Order> => {
    refuseUnlessOwner(caller, await findOrder(caller, orderId))
    const order = await database.transaction(
      tx => cancelOrder(tx, orderId, 'cancelByUser', 'cancelled by the user'),
      orderId,
    )
    if (order) return presentOrder(order)
    const { state } = await findOrder(caller, orderId)
    throw refuse('ORDER_NOT_CANCELLABLE', `order ${orderId} is ${state}, and that is final`)
  }
}

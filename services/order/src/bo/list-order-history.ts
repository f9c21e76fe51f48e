// Every transition of an order, oldest first.
import type { OrderTransition } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import type * as orderDao from '../dao/order-dao.ts'
import { presentTransition } from '../models/order.ts'
import type { OrderTables } from '../models/tables.ts'
import type { FindOrder } from './find-order.ts'

interface Needs {
  db: Db<OrderTables>
  orders: typeof orderDao
  findOrder: FindOrder
}

export type ListOrderHistory = ReturnType<typeof createListOrderHistory>

export function createListOrderHistory({ db, orders, findOrder }: Needs) {
  return async (caller: Principal, orderId: string): Promise<OrderTransition[]> => {
    const { id } = await findOrder(caller, orderId)
    return (await orders.listHistory(db, [id])).map(presentTransition)
  }
}

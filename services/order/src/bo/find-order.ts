// Finds an order for somebody who may see it: its owner, or an operator.
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as orderDao from '../dao/order-dao.ts'
import type { OrderRow } from '../models/order.ts'
import type { OrderTables } from '../models/tables.ts'
import { maySee } from './ownership.ts'

interface Needs {
  db: Db<OrderTables>
  orders: typeof orderDao
}

export type FindOrder = ReturnType<typeof createFindOrder>

export function createFindOrder({ db, orders }: Needs) {
  return async (caller: Principal, orderId: string): Promise<OrderRow> => {
    const row = await orders.findOrderById(db, orderId)
    if (!row || !maySee(caller, row)) {
      throw refuse('ORDER_NOT_FOUND', `you have no order ${orderId}: GET /orders lists those that you have`)
    }
    return row
  }
}

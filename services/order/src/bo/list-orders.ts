// A page of orders, newest first.
import type { ListOrdersQuery, Order } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { type Cursors, cutPage } from '@waybill/platform/http'
import type * as orderDao from '../dao/order-dao.ts'
import { presentOrder } from '../models/order.ts'
import type { OrderTables } from '../models/tables.ts'
import { ownerAskedFor } from './ownership.ts'

interface Needs {
  db: Db<OrderTables>
  orders: typeof orderDao
  cursors: Cursors
}

export type ListOrders = ReturnType<typeof createListOrders>

export function createListOrders({ db, orders, cursors }: Needs) {
  return async (caller: Principal, query: ListOrdersQuery): Promise<{ orders: Order[]; nextCursor: string | null }> => {
    const rows = await orders.listOrders(db, {
      userId: ownerAskedFor(caller, query),
      state: query.state,
      beforeId: query.cursor === undefined ? undefined : cursors.decode<string>('orders', query.cursor),
      limit: query.limit + 1,
    })
    const page = cutPage(rows, query.limit, last => cursors.encode('orders', last.id))
    return { orders: page.rows.map(presentOrder), nextCursor: page.nextCursor }
  }
}

// Takes an order: from here on it is paid for, exported and tracked without anybody's further doing.
import type { Order, PlaceOrderBody, Process } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Database, Tx } from '@waybill/platform/db'
import { presentOrder } from '../models/order.ts'
import type { OrderTables } from '../models/tables.ts'
import type { BeginOrder } from './begin-order.ts'
import type { DescribeProcess } from './describe-process.ts'
import type { DraftOrder } from './draft-order.ts'

interface Needs {
  database: Database<OrderTables>
  draftOrder: DraftOrder
  beginOrder: BeginOrder
  describeProcess: DescribeProcess
}

export interface PlacedOrder {
  order: Order
  process: Process
}

export interface OrderRequest {
  caller: Principal
  body: PlaceOrderBody
  requestId: string
}

export type PlaceOrder = ReturnType<typeof createPlaceOrder>

export function createPlaceOrder({ database, draftOrder, beginOrder, describeProcess }: Needs) {
  /** `keepAnswer` keeps what was placed under the request's Idempotency-Key, in the transaction that makes it true. */
  return async (
    request: OrderRequest,
    keepAnswer: (tx: Tx<OrderTables>, placed: PlacedOrder) => Promise<void>,
  ): Promise<PlacedOrder> => {
    const { order, process } = await draftOrder(request)
    const placed = { order: presentOrder(order), process: await describeProcess(process) }
    await database.transaction(async tx => {
      await beginOrder(tx, { order, process }, request.body.payment)
      await keepAnswer(tx, placed)
    }, order.id)
    return placed
  }
}

// Orders and their history in SQL.
import type { CancelReason, OrderState } from '@waybill/contracts'
import { type Db, insertRow, prepared, type Tx } from '@waybill/platform/db'
import type { OrderHistoryRow, OrderRow } from '../models/order.ts'
import type { WaitingOrder } from '../models/order-window.ts'
import type { OrderTables } from '../models/tables.ts'

export interface OrderFilter {
  userId?: string
  state?: OrderState
  beforeId?: string
  limit: number
}

export interface StateChange {
  from: OrderState
  to: OrderState
  cancelReason: CancelReason | null
  at: number
}

export async function insertOrder(tx: Tx<OrderTables>, row: OrderRow): Promise<void> {
  await insertRow(tx, 'orders', row)
}

const orderById = prepared(
  (db: Db<OrderTables>, { id }: { id: string }) => db.selectFrom('orders').selectAll().where('id', '=', id),
  { by: 'id' },
)

export function findOrderById(db: Db<OrderTables>, id: string): Promise<OrderRow | undefined> {
  return orderById.first(db, { id })
}

export function findOrdersByIds(db: Db<OrderTables>, ids: string[]): Promise<OrderRow[]> {
  return db.selectFrom('orders').selectAll().where('id', 'in', ids).execute()
}

/** The orders in a state that were placed first, as far as it tells how long they have waited. */
export function listOldestInState(db: Db<OrderTables>, state: OrderState, limit: number): Promise<WaitingOrder[]> {
  return db
    .selectFrom('orders')
    .select(['state', 'payment_mode', 'updated_at'])
    .where('state', '=', state)
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Newest first. */
export function listOrders(db: Db<OrderTables>, filter: OrderFilter): Promise<OrderRow[]> {
  let query = db.selectFrom('orders').selectAll()
  if (filter.userId !== undefined) query = query.where('user_id', '=', filter.userId)
  if (filter.state !== undefined) query = query.where('state', '=', filter.state)
  if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId)
  return query.orderBy('id', 'desc').limit(filter.limit).execute()
}

/** Where an order stands among all, by the time when it was placed. */
export type PlaceInTime = Pick<OrderRow, 'created_at' | 'id'>

/** The orders placed in [since, until), oldest first, after the one that ended the batch before. */
export function listOrdersByTime(
  db: Db<OrderTables>,
  range: { since: number; until: number; after: PlaceInTime | undefined; limit: number },
): Promise<OrderRow[]> {
  const { since, until, after, limit } = range
  let query = db.selectFrom('orders').selectAll().where('created_at', '<', until)
  query = query.where('created_at', '>=', after?.created_at ?? since)
  if (after) {
    query = query.where(eb => eb.or([eb('created_at', '>', after.created_at), eb('id', '>', after.id)]))
  }
  return query.orderBy('created_at').orderBy('id').limit(limit).execute()
}

const stateChange = prepared(
  (db: Db<OrderTables>, { id, from, to, cancelReason, at }: StateChange & { id: string }) =>
    db
      .updateTable('orders')
      .set(eb => ({ state: to, cancel_reason: cancelReason, version: eb('version', '+', 1), updated_at: at }))
      .where('id', '=', id)
      .where('state', '=', from),
  { by: 'id' },
)

/** Moves an order from one state to another; false where it is not in that state. */
export async function changeOrderState(tx: Tx<OrderTables>, id: string, change: StateChange): Promise<boolean> {
  return (await stateChange.change(tx, { id, ...change })) === 1n
}

export async function insertHistory(tx: Tx<OrderTables>, row: OrderHistoryRow): Promise<void> {
  await insertRow(tx, 'order_history', row)
}

/** Each order's transitions, oldest first. */
export function listHistory(db: Db<OrderTables>, orderIds: string[]): Promise<OrderHistoryRow[]> {
  return db
    .selectFrom('order_history')
    .selectAll()
    .where('order_id', 'in', orderIds)
    .orderBy('order_id')
    .orderBy('sequence')
    .execute()
}

// Payments and their history in SQL.
import type { PaymentState } from '@waybill/contracts'
import { type Db, insertRow, prepared, type Tx, updateRow } from '@waybill/platform/db'
import type { HistoryRow } from '../models/history.ts'
import type { PaymentRow, PaymentWithAttempts } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import { listAttempts, listAttemptsOf } from './attempt-dao.ts'

const paymentById = prepared(
  (db: Db<PaymentTables>, { id }: { id: string }) => db.selectFrom('payments').selectAll().where('id', '=', id),
  { by: 'id' },
)

export function findPayment(db: Db<PaymentTables>, id: string): Promise<PaymentRow | undefined> {
  return paymentById.first(db, { id })
}

const paymentOfOrder = prepared(
  (db: Db<PaymentTables>, { orderId }: { orderId: string }) =>
    db.selectFrom('payments').selectAll().where('order_id', '=', orderId),
  { by: 'orderId' },
)

export function findPaymentOfOrder(db: Db<PaymentTables>, orderId: string): Promise<PaymentRow | undefined> {
  return paymentOfOrder.first(db, { orderId })
}

/** A payment and all its attempts, oldest first. */
export async function findPaymentWithAttempts(
  db: Db<PaymentTables>,
  id: string,
): Promise<PaymentWithAttempts | undefined> {
  // The payment first: its version guards changes, so the attempts may be newer than it and never older.
  const payment = await findPayment(db, id)
  return payment && { payment, attempts: await listAttemptsOf(db, id) }
}

/** Those that there are, each with all its attempts, oldest first. */
export async function listPaymentsOfOrders(db: Db<PaymentTables>, orderIds: string[]): Promise<PaymentWithAttempts[]> {
  const rows = await db.selectFrom('payments').selectAll().where('order_id', 'in', orderIds).execute()
  const tried = Map.groupBy(
    await listAttempts(
      db,
      rows.map(({ id }) => id),
    ),
    attempt => attempt.payment_id,
  )
  return rows.map(payment => ({ payment, attempts: tried.get(payment.id) ?? [] }))
}

/** The payments in a state, those first that were opened first, each with the time of its last change. */
export function listOldestInState(
  db: Db<PaymentTables>,
  state: PaymentState,
  limit: number,
): Promise<Pick<PaymentRow, 'id' | 'updated_at'>[]> {
  return db
    .selectFrom('payments')
    .select(['id', 'updated_at'])
    .where('state', '=', state)
    .orderBy('id')
    .limit(limit)
    .execute()
}

export interface PaymentFilter {
  userId: string | undefined
  orderId: string | undefined
  state: PaymentState | undefined
}

/** Newest first, from below `beforeId` on. */
export function listPayments(
  db: Db<PaymentTables>,
  { userId, orderId, state }: PaymentFilter,
  limit: number,
  beforeId: string | undefined,
): Promise<PaymentRow[]> {
  let query = db.selectFrom('payments').selectAll()
  if (userId !== undefined) query = query.where('user_id', '=', userId)
  if (orderId !== undefined) query = query.where('order_id', '=', orderId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (beforeId !== undefined) query = query.where('id', '<', beforeId)
  return query.orderBy('id', 'desc').limit(limit).execute()
}

/** False where the order has a payment already. */
export async function insertPayment(tx: Tx<PaymentTables>, row: PaymentRow): Promise<boolean> {
  return (await insertRow(tx, 'payments', row, { orIgnore: true })) === 1n
}

/** Changes the payment that was read as `before`; undefined where it has changed since. */
export async function updatePayment(
  tx: Tx<PaymentTables>,
  before: PaymentRow,
  changes: Partial<PaymentRow>,
): Promise<PaymentRow | undefined> {
  const versioned = { ...changes, version: before.version + 1 }
  const { id, state, version } = before
  const isChanged = await updateRow(tx, 'payments', { key: 'id', set: versioned, where: { id, state, version } })
  return isChanged ? { ...before, ...versioned } : undefined
}

/** Sets `amount` aside for a refund; false where the payment is not captured or less than that is left of it. */
export async function reserveRefund(
  tx: Tx<PaymentTables>,
  id: string,
  amount: number,
  changes: Pick<PaymentRow, 'request_id' | 'traceparent' | 'updated_at'>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('payments')
    .set(eb => ({
      ...changes,
      refund_reserved: eb('refund_reserved', '+', amount),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', id)
    .where('state', '=', 'captured')
    .where(eb => eb(eb('refunded_amount', '+', eb('refund_reserved', '+', amount)), '<=', eb.ref('amount')))
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function insertHistory(tx: Tx<PaymentTables>, row: HistoryRow): Promise<void> {
  await insertRow(tx, 'payment_history', row)
}

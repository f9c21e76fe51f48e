// Attempts to move money, in SQL.
import { type Db, insertRow, prepared, type Tx, updateRow } from '@waybill/platform/db'
import type { AttemptRow } from '../models/attempt.ts'
import type { PaymentTables } from '../models/tables.ts'

/** Oldest first. */
export function listAttempts(db: Db<PaymentTables>, paymentIds: string[]): Promise<AttemptRow[]> {
  if (paymentIds.length === 0) return Promise.resolve([])
  return db.selectFrom('payment_attempts').selectAll().where('payment_id', 'in', paymentIds).orderBy('id').execute()
}

const attemptsOfPayment = prepared(
  (db: Db<PaymentTables>, { paymentId }: { paymentId: string }) =>
    db.selectFrom('payment_attempts').selectAll().where('payment_id', '=', paymentId).orderBy('id'),
  { by: 'paymentId' },
)

/** Oldest first. */
export function listAttemptsOf(db: Db<PaymentTables>, paymentId: string): Promise<AttemptRow[]> {
  return attemptsOfPayment.all(db, { paymentId })
}

export async function hasOpenAttempt(tx: Tx<PaymentTables>, paymentId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('payment_attempts')
    .select('id')
    .where('payment_id', '=', paymentId)
    .where('outcome', '=', 'unknown')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertAttempt(tx: Tx<PaymentTables>, row: AttemptRow): Promise<void> {
  await insertRow(tx, 'payment_attempts', row)
}

/** Closes or changes an open attempt; false where its outcome was recorded before. */
export async function updateOpenAttempt(
  tx: Tx<PaymentTables>,
  id: string,
  changes: Partial<AttemptRow>,
): Promise<boolean> {
  return updateRow(tx, 'payment_attempts', { key: 'id', set: changes, where: { id, outcome: 'unknown' } })
}

export function findOpenAttempt(tx: Tx<PaymentTables>, id: string): Promise<AttemptRow | undefined> {
  return tx
    .selectFrom('payment_attempts')
    .selectAll()
    .where('id', '=', id)
    .where('outcome', '=', 'unknown')
    .executeTakeFirst()
}

/** Gives an open attempt its reference; false where it has one, or was closed. */
export async function keepReference(tx: Tx<PaymentTables>, id: string, reference: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('payment_attempts')
    .set({ gateway_reference: reference })
    .where('id', '=', id)
    .where('outcome', '=', 'unknown')
    .where('gateway_reference', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

// Callbacks, their attempts and the secrets that sign them, in SQL.
import { type Db, insertRow, type Tx } from '@waybill/platform/db'
import type { CallbackAttemptRow, CallbackRow } from '../models/callback.ts'
import type { CallbackSecretRow } from '../models/callback-secret.ts'
import type { OrderTables } from '../models/tables.ts'

export async function insertCallback(tx: Tx<OrderTables>, row: CallbackRow): Promise<void> {
  await insertRow(tx, 'callbacks', row)
}

export function findCallback(db: Db<OrderTables>, processId: string): Promise<CallbackRow | undefined> {
  return db.selectFrom('callbacks').selectAll().where('process_id', '=', processId).executeTakeFirst()
}

export async function askForCallbackAgain(tx: Tx<OrderTables>, processId: string, now: number): Promise<void> {
  await tx
    .updateTable('callbacks')
    .set(eb => ({ state: 'waiting', revision: eb('revision', '+', 1), next_attempt_at: now, updated_at: now }))
    .where('process_id', '=', processId)
    .execute()
}

export async function countAttempt(tx: Tx<OrderTables>, processId: string, attempt: number): Promise<void> {
  await tx.updateTable('callbacks').set({ attempt }).where('process_id', '=', processId).execute()
}

/** False where it was asked for again since `revision` was read: what is to come then is not this attempt's to say. */
export async function settleCallback(
  tx: Tx<OrderTables>,
  of: { processId: string; revision: number },
  change: { state: CallbackRow['state']; nextAttemptAt: number | null; at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('callbacks')
    .set({ state: change.state, next_attempt_at: change.nextAttemptAt, updated_at: change.at })
    .where('process_id', '=', of.processId)
    .where('revision', '=', of.revision)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function insertAttempt(tx: Tx<OrderTables>, row: CallbackAttemptRow): Promise<void> {
  await insertRow(tx, 'callback_attempts', row)
}

/** Newest first. */
export function listAttempts(
  db: Db<OrderTables>,
  filter: { processId: string; beforeId?: string; limit: number },
): Promise<CallbackAttemptRow[]> {
  let query = db.selectFrom('callback_attempts').selectAll().where('process_id', '=', filter.processId)
  if (filter.beforeId !== undefined) query = query.where('id', '<', filter.beforeId)
  return query.orderBy('id', 'desc').limit(filter.limit).execute()
}

export function findSecret(db: Db<OrderTables>, userId: string): Promise<CallbackSecretRow | undefined> {
  return db.selectFrom('callback_secrets').selectAll().where('user_id', '=', userId).executeTakeFirst()
}

/** Leaves a secret that is there already as it is. */
export async function insertSecretOnce(tx: Tx<OrderTables>, row: CallbackSecretRow): Promise<void> {
  await tx.insertInto('callback_secrets').orIgnore().values(row).execute()
}

/** Holds a user's secret until the commit; to be called before anything is read. Undefined where there is none yet. */
export async function lockSecret(tx: Tx<OrderTables>, userId: string): Promise<CallbackSecretRow | undefined> {
  // An update that changes nothing: the one lock that both databases know.
  await tx
    .updateTable('callback_secrets')
    .set(eb => ({ updated_at: eb.ref('updated_at') }))
    .where('user_id', '=', userId)
    .execute()
  return findSecret(tx, userId)
}

export async function changeSecret(
  tx: Tx<OrderTables>,
  userId: string,
  change: Pick<CallbackSecretRow, 'secret' | 'earlier' | 'updated_at'>,
): Promise<void> {
  await tx.updateTable('callback_secrets').set(change).where('user_id', '=', userId).execute()
}

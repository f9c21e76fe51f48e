// Users in SQL.
import type { Db, Tx } from '@waybill/platform/db'
import type { UserTables } from '../models/tables.ts'
import type { UserRow } from '../models/user.ts'

export async function insertUser(tx: Tx<UserTables>, row: UserRow): Promise<void> {
  await tx.insertInto('users').values(row).execute()
}

export function findUserById(db: Db<UserTables>, id: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst()
}

export function findUserByEmailKey(db: Db<UserTables>, emailKey: string): Promise<UserRow | undefined> {
  return db.selectFrom('users').selectAll().where('email_key', '=', emailKey).executeTakeFirst()
}

/** Newest first; the users before `beforeId`, where one is given. */
export function listUsers(db: Db<UserTables>, limit: number, beforeId: string | undefined): Promise<UserRow[]> {
  let query = db.selectFrom('users').selectAll()
  if (beforeId) query = query.where('id', '<', beforeId)
  return query.orderBy('id', 'desc').limit(limit).execute()
}

export async function updateUser(tx: Tx<UserTables>, id: string, change: Partial<UserRow>): Promise<void> {
  await tx.updateTable('users').set(change).where('id', '=', id).execute()
}

/** How many operators there are who can sign in. */
export async function countOperators(db: Db<UserTables>): Promise<number> {
  const row = await db
    .selectFrom('users')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .where('role', '=', 'operator')
    .where('disabled_at', 'is', null)
    .executeTakeFirstOrThrow()
  return row.count
}

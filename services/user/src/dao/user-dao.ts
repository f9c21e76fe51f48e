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

/** False where the password was changed since `passwordHash` was read. */
export async function updateUserOfPassword(
  tx: Tx<UserTables>,
  id: string,
  passwordHash: string,
  change: Partial<UserRow>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set(change)
    .where('id', '=', id)
    .where('password_hash', '=', passwordHash)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Holds a user as they are until the commit; false where they were disabled or changed their password since `user` was read. */
export async function lockUnchangedUser(
  tx: Tx<UserTables>,
  user: Pick<UserRow, 'id' | 'password_hash'>,
): Promise<boolean> {
  // An update that changes nothing: the one lock that both databases know.
  const { numUpdatedRows } = await tx
    .updateTable('users')
    .set(eb => ({ updated_at: eb.ref('updated_at') }))
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Makes others who want to lock the operators wait until the commit; to be called before anything is read. */
export async function lockOperators(tx: Tx<UserTables>): Promise<void> {
  await tx
    .updateTable('users')
    .set(eb => ({ updated_at: eb.ref('updated_at') }))
    .where('role', '=', 'operator')
    .execute()
}

/** True where somebody, `exceptId` apart, is an operator who can sign in. */
export async function hasOperator(db: Db<UserTables>, exceptId?: string): Promise<boolean> {
  let query = db.selectFrom('users').select('id').where('role', '=', 'operator').where('disabled_at', 'is', null)
  if (exceptId !== undefined) query = query.where('id', '!=', exceptId)
  return (await query.limit(1).executeTakeFirst()) !== undefined
}

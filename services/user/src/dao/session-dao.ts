// Sessions and their refresh tokens in SQL.
import type { Db, Tx } from '@waybill/platform/db'
import type { PresentedRefreshToken, RefreshTokenRow, SessionRow } from '../models/session.ts'
import type { UserTables } from '../models/tables.ts'
import type { UserRow } from '../models/user.ts'

export async function insertSession(tx: Tx<UserTables>, session: SessionRow, token: RefreshTokenRow): Promise<void> {
  await tx.insertInto('sessions').values(session).execute()
  await insertRefreshToken(tx, token)
}

export async function insertRefreshToken(tx: Tx<UserTables>, token: RefreshTokenRow): Promise<void> {
  await tx.insertInto('refresh_tokens').values(token).execute()
}

export function findRefreshToken(db: Db<UserTables>, hash: string): Promise<PresentedRefreshToken | undefined> {
  return db
    .selectFrom('refresh_tokens')
    .innerJoin('sessions', 'sessions.id', 'refresh_tokens.session_id')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('refresh_tokens')
    .select(['sessions.user_id', 'sessions.expires_at', 'sessions.revoked_at', 'users.disabled_at'])
    .where('refresh_tokens.hash', '=', hash)
    .executeTakeFirst()
}

/** False where it was used before: of two who bring the same token, one gets true. */
export async function useRefreshToken(tx: Tx<UserTables>, hash: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('refresh_tokens')
    .set({ used_at: now })
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The user of a session that is not revoked, unless disabled. */
export function findUserOfOpenSession(db: Db<UserTables>, sessionId: string): Promise<UserRow | undefined> {
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .selectAll('users')
    .where('sessions.id', '=', sessionId)
    .where('sessions.revoked_at', 'is', null)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst()
}

/** False where it was revoked. */
export async function extendSession(tx: Tx<UserTables>, id: string, expiresAt: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set({ expires_at: expiresAt })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** The user whose session it was, where it was open; undefined where it was revoked before. */
export async function revokeSession(tx: Tx<UserTables>, id: string, now: number): Promise<string | undefined> {
  const { numUpdatedRows } = await tx
    .updateTable('sessions')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return undefined
  const row = await tx.selectFrom('sessions').select('user_id').where('id', '=', id).executeTakeFirstOrThrow()
  return row.user_id
}

export async function listOpenSessions(tx: Tx<UserTables>, userId: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute()
  return rows.map(row => row.id)
}

/** Deletes sessions that could last be refreshed before `before`, with their tokens; answers how many. */
export async function deleteEndedSessions(tx: Tx<UserTables>, before: number, atMost: number): Promise<number> {
  const ended = await tx.selectFrom('sessions').select('id').where('expires_at', '<', before).limit(atMost).execute()
  if (ended.length === 0) return 0
  const ids = ended.map(row => row.id)
  await tx.deleteFrom('refresh_tokens').where('session_id', 'in', ids).execute()
  await tx.deleteFrom('sessions').where('id', 'in', ids).execute()
  return ids.length
}

/** Deletes used tokens that were made before `before`, of sessions that may live for ever; answers how many. */
export async function deleteOldUsedTokens(tx: Tx<UserTables>, before: number, atMost: number): Promise<number> {
  const old = await tx
    .selectFrom('refresh_tokens')
    .select('hash')
    .where('created_at', '<', before)
    .where('used_at', 'is not', null)
    .limit(atMost)
    .execute()
  if (old.length === 0) return 0
  const hashes = old.map(row => row.hash)
  await tx.deleteFrom('refresh_tokens').where('hash', 'in', hashes).execute()
  return hashes.length
}

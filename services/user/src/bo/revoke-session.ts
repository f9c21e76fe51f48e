// Ends sessions, and tells everybody who may still remember their tokens.
import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Tx } from '@waybill/platform/db'
import type * as sessionDao from '../dao/session-dao.ts'
import type { UserTables } from '../models/tables.ts'

interface Needs {
  sessions: typeof sessionDao
  outbox: Outbox
  clock: Clock
}

export type RevokeSession = ReturnType<typeof createRevokeSession>

/** Takes part in the caller's transaction; a session that is revoked already stays so, without a word. */
export function createRevokeSession({ sessions, outbox, clock }: Needs) {
  return async (tx: Tx<UserTables>, sessionId: string): Promise<void> => {
    const userId = await sessions.revokeSession(tx, sessionId, clock.now())
    if (userId === undefined) return
    await outbox.add(tx, 'session.revoked', sessionId, { session_id: sessionId, user_id: userId })
  }
}

export type RevokeSessionsOf = ReturnType<typeof createRevokeSessionsOf>

/** Ends all sessions of a user, but for `exceptId`. */
export function createRevokeSessionsOf({
  sessions,
  revokeSession,
}: {
  sessions: typeof sessionDao
  revokeSession: RevokeSession
}) {
  return async (tx: Tx<UserTables>, userId: string, exceptId?: string): Promise<void> => {
    for (const id of await sessions.listOpenSessions(tx, userId)) if (id !== exceptId) await revokeSession(tx, id)
  }
}

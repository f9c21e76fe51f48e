// Gives a new pair of tokens for a refresh token, once. A token that comes twice was stolen: then its session ends.
import type { RefreshBody, TokenPair } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Database, Tx } from '@waybill/platform/db'
import type * as sessionDao from '../dao/session-dao.ts'
import { isRefreshable } from '../models/session.ts'
import type { UserTables } from '../models/tables.ts'
import type { AccessTokens } from './access-tokens.ts'
import { badRefreshToken } from './invalid-credentials.ts'
import { tokenPair } from './open-session.ts'
import { hashOf, newRefreshToken } from './refresh-tokens.ts'
import type { RevokeSession } from './revoke-session.ts'

interface Needs {
  database: Database<UserTables>
  sessions: typeof sessionDao
  revokeSession: RevokeSession
  accessTokens: AccessTokens
  times: { clock: Clock; refreshLivesMilliseconds: number }
}

export type RefreshSession = ReturnType<typeof createRefreshSession>

interface Refreshed {
  userId: string
  sessionId: string
  refreshToken: string
}

export function createRefreshSession({ database, sessions, revokeSession, accessTokens, times }: Needs) {
  async function useOnce(tx: Tx<UserTables>, hash: string): Promise<Refreshed | undefined> {
    const now = times.clock.now()
    const known = await sessions.findRefreshToken(tx, hash)
    if (!known) return undefined
    if (known.used_at === null && !isRefreshable(known, now)) return undefined
    if (!(await sessions.useRefreshToken(tx, hash, now))) {
      await revokeSession(tx, known.session_id)
      return undefined
    }
    const expiresAt = now + times.refreshLivesMilliseconds
    if (!(await sessions.extendSession(tx, known.session_id, expiresAt))) return undefined
    const next = newRefreshToken(known.session_id, now)
    await sessions.insertRefreshToken(tx, next.row)
    return { userId: known.user_id, sessionId: known.session_id, refreshToken: next.token }
  }

  return async ({ refresh_token }: RefreshBody): Promise<TokenPair> => {
    // A refusal is committed too: it may have revoked the session.
    const refreshed = await database.transaction(tx => useOnce(tx, hashOf(refresh_token)))
    if (!refreshed) throw badRefreshToken()
    const access = await accessTokens.issue(refreshed.userId, refreshed.sessionId)
    return tokenPair(access, refreshed.refreshToken)
  }
}

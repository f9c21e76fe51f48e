// Begins a session and answers its first pair of tokens.
import type { TokenPair } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import { uuidv7 } from 'uuidv7'
import type * as sessionDao from '../dao/session-dao.ts'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import type { UserRow } from '../models/user.ts'
import type { AccessTokens } from './access-tokens.ts'
import { newRefreshToken } from './refresh-tokens.ts'

interface Needs {
  database: Database<UserTables>
  users: typeof userDao
  sessions: typeof sessionDao
  accessTokens: AccessTokens
  times: { clock: Clock; refreshLivesMilliseconds: number }
}

export type OpenSession = ReturnType<typeof createOpenSession>

export function createOpenSession({ database, users, sessions, accessTokens, times }: Needs) {
  /** `user`: as they were when their password was verified. Undefined where they were disabled or changed it since. */
  return async (user: UserRow): Promise<TokenPair | undefined> => {
    const now = times.clock.now()
    const sessionId = uuidv7()
    const session = {
      id: sessionId,
      user_id: user.id,
      created_at: now,
      expires_at: now + times.refreshLivesMilliseconds,
      revoked_at: null,
    }
    const refresh = newRefreshToken(sessionId, now)
    const access = await accessTokens.issue(user.id, sessionId)
    const opened = await database.transaction(async tx => {
      // Being disabled and changing the password end the sessions that are there: none may slip in behind them.
      if (!(await users.lockUnchangedUser(tx, user))) return false
      await sessions.insertSession(tx, session, refresh.row)
      return true
    })
    return opened ? tokenPair(access, refresh.token) : undefined
  }
}

export function tokenPair(access: { token: string; expiresInSeconds: number }, refreshToken: string): TokenPair {
  return {
    access_token: access.token,
    token_type: 'Bearer',
    expires_in: access.expiresInSeconds,
    refresh_token: refreshToken,
  }
}

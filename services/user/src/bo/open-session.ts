// Begins a session and answers its first pair of tokens.
import type { TokenPair } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import { uuidv7 } from 'uuidv7'
import type * as sessionDao from '../dao/session-dao.ts'
import type { UserTables } from '../models/tables.ts'
import type { AccessTokens } from './access-tokens.ts'
import { newRefreshToken } from './refresh-tokens.ts'

interface Needs {
  database: Database<UserTables>
  sessions: typeof sessionDao
  accessTokens: AccessTokens
  clock: Clock
  refreshLivesMilliseconds: number
}

export type OpenSession = ReturnType<typeof createOpenSession>

export function createOpenSession({ database, sessions, accessTokens, clock, refreshLivesMilliseconds }: Needs) {
  return async (userId: string): Promise<TokenPair> => {
    const now = clock.now()
    const sessionId = uuidv7()
    const session = {
      id: sessionId,
      user_id: userId,
      created_at: now,
      expires_at: now + refreshLivesMilliseconds,
      revoked_at: null,
    }
    const refresh = newRefreshToken(sessionId, now)
    const access = await accessTokens.issue(userId, sessionId)
    await database.transaction(tx => sessions.insertSession(tx, session, refresh.row))
    return tokenPair(access, refresh.token)
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

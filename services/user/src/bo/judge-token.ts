// The only judge of a token: our signature, an open session, a user who is not disabled. One read of the database.
import type { Authenticator } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import type * as sessionDao from '../dao/session-dao.ts'
import type { UserTables } from '../models/tables.ts'
import type { AccessTokens } from './access-tokens.ts'

interface Needs {
  db: Db<UserTables>
  sessions: typeof sessionDao
  accessTokens: AccessTokens
}

export function createTokenJudge({ db, sessions, accessTokens }: Needs): Authenticator {
  return {
    async authenticate(token) {
      const claims = await accessTokens.read(token)
      if (!claims) return undefined
      const user = await sessions.findUserOfOpenSession(db, claims.sessionId)
      if (!user || user.id !== claims.userId) return undefined
      return {
        user_id: user.id,
        session_id: claims.sessionId,
        role: user.role,
        cloud: user.cloud,
        account: user.account,
        expires_at: claims.expiresAt,
      }
    },
  }
}

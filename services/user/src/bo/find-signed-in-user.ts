// The user of a session, as the database has it now. Other processes believe this answer for five seconds, so it must not be
// five seconds old itself: the session is read again, whatever this process remembers of its token.
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as sessionDao from '../dao/session-dao.ts'
import type { UserTables } from '../models/tables.ts'
import type { UserRow } from '../models/user.ts'

interface Needs {
  db: Db<UserTables>
  sessions: typeof sessionDao
}

export type FindSignedInUser = ReturnType<typeof createFindSignedInUser>

export function createFindSignedInUser({ db, sessions }: Needs) {
  return async (caller: Principal): Promise<UserRow> => {
    const user = await sessions.findUserOfOpenSession(db, caller.session_id)
    if (!user) throw refuse('NOT_AUTHENTICATED', 'the session was revoked: sign in again')
    return user
  }
}

// Changes one's own name or password. A new password ends the other sessions: whoever knew the old one is out.
import type { ChangeDetailsBody, User } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as sessionDao from '../dao/session-dao.ts'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { presentUser, type UserRow } from '../models/user.ts'
import type { PasswordHashing } from './password-hashing.ts'
import type { RevokeSession } from './revoke-session.ts'

interface Needs {
  database: Database<UserTables>
  dao: { users: typeof userDao; sessions: typeof sessionDao }
  passwords: PasswordHashing
  revokeSession: RevokeSession
  clock: Clock
}

export type ChangeDetails = ReturnType<typeof createChangeDetails>

export function createChangeDetails({ database, dao, passwords, revokeSession, clock }: Needs) {
  return async (caller: Principal, { name, password, current_password }: ChangeDetailsBody): Promise<User> => {
    const change: Partial<UserRow> = { updated_at: clock.now() }
    if (name !== undefined) change.name = name
    if (password !== undefined) {
      const user = await dao.users.findUserById(database.db, caller.user_id)
      if (!(await passwords.verify(user!.password_hash, current_password ?? ''))) {
        throw refuse('WRONG_PASSWORD', 'current_password is not the password that you sign in with')
      }
      change.password_hash = await passwords.hash(password)
    }
    const changed = await database.transaction(async tx => {
      await dao.users.updateUser(tx, caller.user_id, change)
      if (password !== undefined) {
        const open = await dao.sessions.listOpenSessions(tx, caller.user_id)
        for (const session of open) if (session !== caller.session_id) await revokeSession(tx, session)
      }
      return dao.users.findUserById(tx, caller.user_id)
    })
    return presentUser(changed!)
  }
}

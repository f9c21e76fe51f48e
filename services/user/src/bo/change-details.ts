// Changes what users may change of themselves: their name, and their password where they know the current one.
import type { ChangeDetailsBody, User } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { presentUser } from '../models/user.ts'
import type { DraftDetails } from './draft-details.ts'
import type { RevokeSessionsOf } from './revoke-session.ts'
import { wrongPassword } from './wrong-password.ts'

interface Needs {
  database: Database<UserTables>
  users: typeof userDao
  draftDetails: DraftDetails
  revokeSessionsOf: RevokeSessionsOf
  clock: Clock
}

export type ChangeDetails = ReturnType<typeof createChangeDetails>

export function createChangeDetails({ database, users, draftDetails, revokeSessionsOf, clock }: Needs) {
  return async (caller: Principal, body: ChangeDetailsBody): Promise<User> => {
    const { user, name, newPasswordHash } = await draftDetails(caller, body)
    await database.transaction(async tx => {
      const changes = { name, updated_at: clock.now() }
      if (newPasswordHash === undefined) return users.updateUser(tx, user.id, changes)
      const withPassword = { ...changes, password_hash: newPasswordHash }
      // Of two changes at once, the second no longer knows the current password.
      if (!(await users.updateUserOfPassword(tx, user.id, user.password_hash, withPassword))) throw wrongPassword()
      await revokeSessionsOf(tx, user.id, caller.session_id)
    })
    return presentUser({ ...user, name })
  }
}

// Changes a user's role, account or access, as operators may. One operator who can sign in always stays.
import type { ChangeUserBody, UserRecord } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { presentUserRecord, type UserRow } from '../models/user.ts'
import type { FindUser } from './find-user.ts'

interface Needs {
  database: Database<UserTables>
  users: typeof userDao
  findUser: FindUser
  outbox: Outbox
  clock: Clock
}

export type ChangeUser = ReturnType<typeof createChangeUser>

export function createChangeUser({ database, users, findUser, outbox, clock }: Needs) {
  return async (id: string, { role, account, disabled }: ChangeUserBody): Promise<UserRecord> => {
    const now = clock.now()
    const changed = await database.transaction(async tx => {
      const user = await findUser(tx, id)
      const change: Partial<UserRow> = { updated_at: now }
      if (role !== undefined) change.role = role
      if (account !== undefined) change.account = account
      if (disabled !== undefined) change.disabled_at = disabled ? (user.disabled_at ?? now) : null
      await users.updateUser(tx, id, change)
      const wasOperator = user.role === 'operator' && user.disabled_at === null
      if (wasOperator && (await users.countOperators(tx)) === 0) {
        throw refuse('LAST_OPERATOR', 'this is the last operator who can sign in: make somebody else one first')
      }
      await outbox.add(tx, 'user.changed', id, { user_id: id })
      return findUser(tx, id)
    })
    return presentUserRecord(changed)
  }
}

// What an operator changes of a user: role, account, access. There is always an operator left who can undo it.
import type { ChangeUserBody, UserRecord } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Database, Tx } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { isEnabledOperator, presentUserRecord, type UserRow } from '../models/user.ts'
import { userNotFound } from './find-user.ts'
import type { RevokeSessionsOf } from './revoke-session.ts'

interface Needs {
  database: Database<UserTables>
  users: typeof userDao
  revokeSessionsOf: RevokeSessionsOf
  outbox: Outbox
  clock: Clock
}

export type ChangeUser = ReturnType<typeof createChangeUser>

export function createChangeUser({ database, users, revokeSessionsOf, outbox, clock }: Needs) {
  return (id: string, changes: ChangeUserBody): Promise<UserRecord> =>
    database.transaction(async tx => {
      // Two operators who demote each other at once: the second waits here, and then sees that it is the last.
      if (mayTakeAnOperatorAway(changes)) await users.lockOperators(tx)
      const before = await users.findUserById(tx, id)
      if (!before) throw userNotFound(id)
      const after = changed(before, changes, clock.now())
      if (isEnabledOperator(before) && !isEnabledOperator(after)) await requireAnotherOperator(tx, id)
      const { role, account, disabled_at, updated_at } = after
      await users.updateUser(tx, id, { role, account, disabled_at, updated_at })
      // Signing in again is asked of those who are let in again: what they had stays void.
      if (after.disabled_at !== null) await revokeSessionsOf(tx, id)
      await outbox.add(tx, 'user.changed', id, { user_id: id })
      return presentUserRecord(after)
    })

  async function requireAnotherOperator(tx: Tx<UserTables>, id: string): Promise<void> {
    if (await users.hasOperator(tx, id)) return
    throw refuse('LAST_OPERATOR', 'this is the last operator who may sign in: make somebody else an operator first')
  }
}

function mayTakeAnOperatorAway({ role, disabled }: ChangeUserBody): boolean {
  return role === 'customer' || disabled === true
}

function changed(user: UserRow, { role, account, disabled }: ChangeUserBody, now: number): UserRow {
  return {
    ...user,
    role: role ?? user.role,
    account: account ?? user.account,
    disabled_at: disabled === undefined ? user.disabled_at : disabled ? (user.disabled_at ?? now) : null,
    updated_at: now,
  }
}

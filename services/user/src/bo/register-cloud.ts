// Registers a user with a cloud: from now on their data is read from there.
import type { User } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { presentUser } from '../models/user.ts'
import type { RequireEnabledCloud } from './require-enabled-cloud.ts'

interface Needs {
  database: Database<UserTables>
  users: typeof userDao
  outbox: Outbox
  requireEnabledCloud: RequireEnabledCloud
  clock: Clock
}

export type RegisterCloud = ReturnType<typeof createRegisterCloud>

export function createRegisterCloud({ database, users, outbox, requireEnabledCloud, clock }: Needs) {
  return async (userId: string, cloud: string): Promise<User> => {
    await requireEnabledCloud(cloud, 'name')
    const user = await database.transaction(async tx => {
      await users.updateUser(tx, userId, { cloud, updated_at: clock.now() })
      await outbox.add(tx, 'user.changed', userId, { user_id: userId })
      return users.findUserById(tx, userId)
    })
    if (!user) throw refuse('NOT_AUTHENTICATED', 'there is no user of this token any more: sign up again')
    return presentUser(user)
  }
}

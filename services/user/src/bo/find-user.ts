// Finds a user for an operator, or says that there is none.
import type { Db } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import type { UserRow } from '../models/user.ts'

export type FindUser = ReturnType<typeof createFindUser>

export function createFindUser({ db, users }: { db: Db<UserTables>; users: typeof userDao }) {
  return async (id: string): Promise<UserRow> => {
    const user = await users.findUserById(db, id)
    if (!user) throw userNotFound(id)
    return user
  }
}

export function userNotFound(id: string) {
  return refuse('USER_NOT_FOUND', `there is no user ${id}: GET /users lists them`)
}

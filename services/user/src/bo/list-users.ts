// A page of users, newest first, for operators.
import type { PageQuery, UserRecord } from '@waybill/contracts'
import type { Db } from '@waybill/platform/db'
import { type Cursors, cutPage } from '@waybill/platform/http'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { presentUserRecord } from '../models/user.ts'

interface Needs {
  db: Db<UserTables>
  users: typeof userDao
  cursors: Cursors
}

export type ListUsers = ReturnType<typeof createListUsers>

export function createListUsers({ db, users, cursors }: Needs) {
  return async ({ limit, cursor }: PageQuery): Promise<{ users: UserRecord[]; nextCursor: string | null }> => {
    const before = cursor === undefined ? undefined : cursors.decode<string>('users', cursor)
    const rows = await users.listUsers(db, limit + 1, before)
    const page = cutPage(rows, limit, last => cursors.encode('users', last.id))
    return { users: page.rows.map(presentUserRecord), nextCursor: page.nextCursor }
  }
}

// Users over HTTP: oneself, and all of them for operators.
import type { userApi } from '@waybill/contracts'
import type { Db } from '@waybill/platform/db'
import { type ControllerOf, type Cursors, cutPage, ok, page } from '@waybill/platform/http'
import type { ChangeDetails } from '../bo/change-details.ts'
import type { ChangeUser } from '../bo/change-user.ts'
import type { FindUser } from '../bo/find-user.ts'
import type { RegisterCloud } from '../bo/register-cloud.ts'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { presentUser, presentUserRecord } from '../models/user.ts'

interface Needs {
  db: Db<UserTables>
  users: typeof userDao
  cursors: Cursors
  bo: { findUser: FindUser; changeDetails: ChangeDetails; registerCloud: RegisterCloud; changeUser: ChangeUser }
}

const listName = 'users'

export function createUserController({ db, users, cursors, bo }: Needs) {
  const showDetails: ControllerOf<typeof userApi.showDetails> = async ({ caller }) =>
    ok(presentUser(await bo.findUser(db, caller.user_id)))

  const changeDetails: ControllerOf<typeof userApi.changeDetails> = async ({ caller, body }) =>
    ok(await bo.changeDetails(caller, body))

  const registerCloud: ControllerOf<typeof userApi.registerCloud> = async ({ caller, body }) =>
    ok(await bo.registerCloud(caller.user_id, body.name))

  const list: ControllerOf<typeof userApi.listUsers> = async ({ query }) => {
    const before = query.cursor ? cursors.decode<string>(listName, query.cursor) : undefined
    const read = await users.listUsers(db, query.limit + 1, before)
    const { rows, nextCursor } = cutPage(read, query.limit, last => cursors.encode(listName, last.id))
    return page(rows.map(presentUserRecord), nextCursor)
  }

  const show: ControllerOf<typeof userApi.showUser> = async ({ params }) =>
    ok(presentUserRecord(await bo.findUser(db, params.id)))

  const change: ControllerOf<typeof userApi.changeUser> = async ({ params, body }) =>
    ok(await bo.changeUser(params.id, body))

  return { showDetails, changeDetails, registerCloud, list, show, change }
}

// Users over HTTP: oneself, and all of them for operators.
import type { userApi } from '@waybill/contracts'
import { type ControllerOf, ok, page } from '@waybill/platform/http'
import type { ChangeDetails } from '../bo/change-details.ts'
import type { ChangeUser } from '../bo/change-user.ts'
import type { FindSignedInUser } from '../bo/find-signed-in-user.ts'
import type { FindUser } from '../bo/find-user.ts'
import type { ListUsers } from '../bo/list-users.ts'
import type { RegisterCloud } from '../bo/register-cloud.ts'
import { presentUser, presentUserRecord } from '../models/user.ts'

interface Needs {
  findSignedInUser: FindSignedInUser
  changeDetails: ChangeDetails
  registerCloud: RegisterCloud
  listUsers: ListUsers
  findUser: FindUser
  changeUser: ChangeUser
}

export function createUserController(needs: Needs) {
  const showDetails: ControllerOf<typeof userApi.showDetails> = async ({ caller }) =>
    ok(presentUser(await needs.findSignedInUser(caller)))

  const changeDetails: ControllerOf<typeof userApi.changeDetails> = async ({ caller, body }) =>
    ok(await needs.changeDetails(caller, body))

  const registerCloud: ControllerOf<typeof userApi.registerCloud> = async ({ caller, body }) =>
    ok(await needs.registerCloud(caller.user_id, body.name))

  const list: ControllerOf<typeof userApi.listUsers> = async ({ query }) => {
    const { users, nextCursor } = await needs.listUsers(query)
    return page(users, nextCursor)
  }

  const show: ControllerOf<typeof userApi.showUser> = async ({ params }) =>
    ok(presentUserRecord(await needs.findUser(params.id)))

  const change: ControllerOf<typeof userApi.changeUser> = async ({ params, body }) =>
    ok(await needs.changeUser(params.id, body))

  return { showDetails, changeDetails, registerCloud, list, show, change }
}

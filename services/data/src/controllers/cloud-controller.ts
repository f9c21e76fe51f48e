// Clouds over HTTP.
import type { dataApi } from '@waybill/contracts'
import { type ControllerOf, created, ok } from '@waybill/platform/http'
import type { AddCloud } from '../bo/add-cloud.ts'
import type { ChangeCloud } from '../bo/change-cloud.ts'
import type { CheckCloud } from '../bo/check-cloud.ts'
import type { ListClouds } from '../bo/list-clouds.ts'

interface Needs {
  listClouds: ListClouds
  addCloud: AddCloud
  changeCloud: ChangeCloud
  checkCloud: CheckCloud
}

export function createCloudController({ listClouds, addCloud, changeCloud, checkCloud }: Needs) {
  const list: ControllerOf<typeof dataApi.listClouds> = async () => ok(await listClouds())

  const add: ControllerOf<typeof dataApi.addCloud> = async ({ body }) => created(await addCloud(body))

  const change: ControllerOf<typeof dataApi.changeCloud> = async ({ params, body }) =>
    ok(await changeCloud(params.name, body))

  const check: ControllerOf<typeof dataApi.checkCloud> = async ({ params, caller }) =>
    ok(await checkCloud(params.name, caller))

  return { list, add, change, check }
}

// Opens the cloud that a user is registered with, for reading from it now.
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type { Cloud } from '../clouds/cloud.ts'
import type { CloudRegistry } from '../clouds/cloud-registry.ts'
import type * as cloudDao from '../dao/cloud-dao.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  db: Db<DataTables>
  clouds: typeof cloudDao
  registry: CloudRegistry
}

export type OpenUsersCloud = ReturnType<typeof createOpenUsersCloud>

export function createOpenUsersCloud({ db, clouds, registry }: Needs) {
  return async (caller: Principal): Promise<Cloud> => {
    if (caller.cloud === null) {
      throw refuse('CLOUD_NOT_REGISTERED', 'register with a cloud first: PUT /user/cloud, GET /clouds lists them')
    }
    const row = await clouds.findCloud(db, caller.cloud)
    const cloud = row?.enabled === 1 ? await registry.open(row) : undefined
    if (!row || !cloud) throw refuse('CLOUD_NOT_ENABLED', `the cloud ${caller.cloud} is not enabled: take another one`)
    if (row.mode === 'order') {
      throw refuse('ORDER_REQUIRED', `${row.name} works by order only: POST /user/order, then read the delivery`)
    }
    return cloud
  }
}

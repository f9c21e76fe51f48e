// The clouds that there are, and whether they can be used.
import type { Cloud } from '@waybill/contracts'
import type { Db } from '@waybill/platform/db'
import type { CloudRegistry } from '../clouds/cloud-registry.ts'
import type * as cloudDao from '../dao/cloud-dao.ts'
import { presentCloud } from '../models/cloud.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  db: Db<DataTables>
  clouds: typeof cloudDao
  registry: CloudRegistry
}

export type ListClouds = ReturnType<typeof createListClouds>

export function createListClouds({ db, clouds, registry }: Needs) {
  return async (): Promise<Cloud[]> => {
    const rows = await clouds.listClouds(db)
    return Promise.all(rows.map(async row => presentCloud(row, await registry.isUsable(row))))
  }
}

// Opens the cloud that an export or a delivery lies in, whether or not it still takes new users.
import type { Db } from '@waybill/platform/db'
import type { Cloud } from '../clouds/cloud.ts'
import { CloudRefused } from '../clouds/cloud-error.ts'
import type { CloudRegistry } from '../clouds/cloud-registry.ts'
import type * as cloudDao from '../dao/cloud-dao.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  db: Db<DataTables>
  clouds: typeof cloudDao
  registry: CloudRegistry
}

export type OpenCloud = ReturnType<typeof createOpenCloud>

/** Throws CloudRefused where there is no such cloud in working order; a disabled one takes no new work, but ends what it has. */
export function createOpenCloud({ db, clouds, registry }: Needs) {
  return async (name: string, { forNewWork = false } = {}): Promise<Cloud> => {
    const row = await clouds.findCloud(db, name)
    const cloud = row && (await registry.open(row))
    if (!cloud) throw new CloudRefused(`the cloud ${name} is not set up`)
    if (forNewWork && !row.enabled) throw new CloudRefused(`the cloud ${name} is disabled at present`)
    return cloud
  }
}

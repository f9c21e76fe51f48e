// Adds a cloud: a row that names its driver, mode and settings.
import type { AddCloudBody, Cloud } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type { CloudRegistry } from '../clouds/cloud-registry.ts'
import type * as cloudDao from '../dao/cloud-dao.ts'
import { type CloudRow, presentCloud } from '../models/cloud.ts'
import type { DataTables } from '../models/tables.ts'
import { checkSettings, findDriverOrRefuse } from './cloud-settings.ts'

interface Needs {
  database: Database<DataTables>
  clouds: typeof cloudDao
  registry: CloudRegistry
  clock: Clock
}

export type AddCloud = ReturnType<typeof createAddCloud>

export function createAddCloud({ database, clouds, registry, clock }: Needs) {
  return async ({ name, driver, mode, settings }: AddCloudBody): Promise<Cloud> => {
    const found = await findDriverOrRefuse(driver)
    const checked = settings && checkSettings(found, settings)
    const now = clock.now()
    const row: CloudRow = {
      ...{ name, driver, mode },
      sealed_settings: checked ? registry.seal(name, checked) : null,
      ...{ enabled: 1, created_at: now, updated_at: now },
    }
    if (!(await database.transaction(tx => clouds.addCloud(tx, row)))) {
      throw refuse('CLOUD_EXISTS', `there is a cloud ${name} already: PATCH /clouds/${name} changes it`)
    }
    return presentCloud(row, await registry.isUsable(row))
  }
}

// Logs in to a cloud and says what was found; a refusal is an answer here, for the operator who tries the settings.
import type { CloudCheck } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { ApiError, refuse } from '@waybill/platform/http'
import type { CloudRegistry } from '../clouds/cloud-registry.ts'
import type * as cloudDao from '../dao/cloud-dao.ts'
import type { DataTables } from '../models/tables.ts'
import { askCloud } from './cloud-refusals.ts'

interface Needs {
  db: Db<DataTables>
  clouds: typeof cloudDao
  registry: CloudRegistry
}

export type CheckCloud = ReturnType<typeof createCheckCloud>

/** The datasets that are counted are those that the operator's own account sees. */
export function createCheckCloud({ db, clouds, registry }: Needs) {
  return async (name: string, caller: Principal): Promise<CloudCheck> => {
    const row = await clouds.findCloud(db, name)
    if (!row) throw refuse('CLOUD_NOT_FOUND', `there is no cloud ${name}: GET /clouds lists them`)
    const cloud = await registry.open(row)
    if (!cloud) return { ok: false, detail: `${name} has no settings, or no driver ${row.driver} here`, datasets: null }
    try {
      await askCloud(cloud.login())
      const datasets = await askCloud(cloud.listDatasets(caller.account))
      return { ok: true, detail: `logged in to ${name}`, datasets: datasets.length }
    } catch (error) {
      if (error instanceof ApiError) return { ok: false, detail: error.message, datasets: null }
      throw error
    }
  }
}

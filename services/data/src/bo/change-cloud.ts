// Changes a cloud's mode, settings or availability.
import type { ChangeCloudBody, Cloud } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type { CloudRegistry, CloudSettings } from '../clouds/cloud-registry.ts'
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

export type ChangeCloud = ReturnType<typeof createChangeCloud>

export function createChangeCloud({ database, clouds, registry, clock }: Needs) {
  return async (name: string, { mode, settings, enabled }: ChangeCloudBody): Promise<Cloud> => {
    const stored = await clouds.findCloud(database.db, name)
    const driver = stored && settings ? await findDriverOrRefuse(stored.driver) : undefined
    const changed = await database.transaction(async tx => {
      // Read again: the settings of another change at the same time must not be lost.
      const row = await clouds.findCloud(tx, name)
      if (!row) return undefined
      const now = Math.max(clock.now(), row.updated_at + 1)
      const change: Partial<CloudRow> & { updated_at: number } = { updated_at: now }
      if (mode !== undefined) change.mode = mode
      if (enabled !== undefined) change.enabled = enabled ? 1 : 0
      if (settings && driver) {
        const merged = checkSettings(driver, mergeSettings(registry.settingsOf(row), settings))
        change.sealed_settings = registry.seal(name, merged)
      }
      await clouds.changeCloud(tx, name, change)
      return { ...row, ...change }
    })
    if (!changed) throw refuse('CLOUD_NOT_FOUND', `there is no cloud ${name}: GET /clouds lists them`)
    return presentCloud(changed, await registry.isUsable(changed))
  }
}

/** What is new stands; null takes a setting away. */
function mergeSettings(old: CloudSettings | undefined, given: CloudSettings): CloudSettings {
  return Object.fromEntries(Object.entries({ ...old, ...given }).filter(([, value]) => value !== null))
}

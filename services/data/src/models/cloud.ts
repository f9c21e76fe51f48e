// A cloud as a row: which class speaks to it, how it may be used, and its sealed settings.
import type { Cloud, CloudMode } from '@waybill/contracts'

export interface CloudRow {
  name: string
  driver: string
  mode: CloudMode
  sealed_settings: string | null
  enabled: 0 | 1
  created_at: number
  updated_at: number
}

/** Binds sealed settings to their row. */
export const settingsPurpose = (name: string) => `clouds.sealed_settings:${name}`

/** `usable`: its driver is part of this build and has the settings that it needs. */
export function presentCloud(row: CloudRow, usable: boolean): Cloud {
  return { name: row.name, driver: row.driver, mode: row.mode, enabled: row.enabled === 1 && usable }
}

// Which services a process hosts, given what it is there for: one that takes only exports hosts the data service alone.
import type { ServiceName } from '@waybill/contracts'
import type { Settings } from '@waybill/contracts/settings'
import { SettingsError } from '../config/index.ts'
import { databaseUrlOf } from './service.ts'

/**
 * Throws a SettingsError where the work that WAYBILL_WORK leaves to other processes could never reach them: SQLite and the
 * in-process broker belong to one process.
 */
export function servicesToHost(settings: Settings): ServiceName[] {
  const { WAYBILL_WORK: work, WAYBILL_SERVICES: names } = settings
  if (work === 'all' || (work === 'http' && !names.includes('data'))) return names
  const lines: string[] = []
  if (!names.includes('data')) {
    lines.push(`WAYBILL_SERVICES must name data where WAYBILL_WORK is ${work}: no other service exports`)
  }
  if (databaseUrlOf(settings, 'data').startsWith('sqlite:')) {
    lines.push(`DATA_DATABASE_URL must be a mysql:// URL where WAYBILL_WORK is ${work}: SQLite is for one process`)
  }
  if (settings.BROKER_URL === 'memory:') {
    lines.push(
      `BROKER_URL must be a broker of several processes where WAYBILL_WORK is ${work}: memory: is for one process`,
    )
  }
  if (lines.length > 0) throw new SettingsError(lines)
  return work === 'export' ? ['data'] : names
}

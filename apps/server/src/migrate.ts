// Brings the databases of the services that WAYBILL_SERVICES names up to date and ends: a job before a new version is rolled out.
import type { ServiceName } from '@waybill/contracts'
import type { Settings, WaybillConfiguration } from '@waybill/contracts/settings'
import { createLogger } from '@waybill/platform/log'
import { openMigrated, servicesToHost } from '@waybill/platform/service'
import { takeEnvironment } from './environment.ts'
import { explainFailure } from './explain-failure.ts'
import { readAtStart } from './read-configuration.ts'

/** As it was read at the start; undefined until then. */
let configuration: WaybillConfiguration | undefined

/** It needs the databases alone: no key, no broker, no other service. */
async function main(): Promise<void> {
  const firstLog = createLogger({ name: 'waybill', level: 'warn', stream: process.stderr })
  configuration = await readAtStart(takeEnvironment(), firstLog)
  const { settings } = configuration
  for (const name of servicesToHost(settings)) await migrateService(settings, name)
}

async function migrateService(settings: Settings, name: ServiceName): Promise<void> {
  const log = createLogger({ name: 'waybill', level: settings.LOG_LEVEL }).child({ service: name })
  const { database, applied } = await openMigrated({ settings, log }, name, migrationsOf(name))
  await database.close()
  process.stdout.write(`waybill migrated ${name}: ${applied.join(' ') || 'was up to date'}\n`)
}

/** Every service keeps them in the same place. */
function migrationsOf(name: ServiceName): URL {
  return new URL('../migrations/', import.meta.resolve(`@waybill/${name}-service`))
}

main().catch(error => explainFailure(error, configuration))

// What a cloud class needs to be put through the suite: a place to log in to, ways to fill it, and what the process gives to every cloud.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@waybill/platform/clock'
import { type Database, migrate, openDatabase } from '@waybill/platform/db'
import { openTestDatabases } from '@waybill/platform/testing'
import type { Cloud } from '../../src/clouds/cloud.ts'
import { createDeliveryStore } from '../../src/clouds/delivery-store.ts'
import { type CloudContext, findDriver } from '../../src/clouds/factory.ts'
import { type Patience, usualPatience } from '../../src/clouds/guarded-calls.ts'
import * as chunkDao from '../../src/dao/delivery-chunk-dao.ts'
import type { DataTables } from '../../src/models/tables.ts'
import type { FaultGate } from './fault-gate.ts'

export interface CloudUnderTest {
  /** As the registry would open it with `settings`. */
  cloud: Cloud
  context: CloudContext
  /** As POST /clouds takes them. */
  settings: Record<string, unknown>
  /** The same place, and it does not let them in. */
  wrongSettings: Record<string, unknown>
  /** With `wrongSettings`. */
  refused: Cloud
  /** A place that is not there (a bucket, a folder), where the settings name one. */
  missing?: Cloud
  /** Puts a dataset of JSON records (their texts) into an account; one that is there is replaced. */
  put(account: string, dataset: string, records: string[]): Promise<void>
  /** How many files, parts, unfinished uploads or rows there are of a process's delivery, finished or not. */
  remains(account: string, processId: string): Promise<number>
  /** Only of clouds that keep files. */
  files?: CloudFiles
  /** Only of clouds over a network; it stands between `cloud` and what plays it. */
  gate?: FaultGate
  /** What must never be read in a message. */
  secrets?: string[]
  stop(): Promise<void>
}

export interface CloudFiles {
  /** `path` is `<account>/<file name>`. */
  put(path: string, content: string | Uint8Array): Promise<void>
  /** As the class's uploads have it. */
  leastPartBytes: number
}

/** As short as tests want it, and long enough for a machine that is busy. */
export const impatience: Patience = {
  ...usualPatience,
  callMilliseconds: 3_000,
  stallMilliseconds: 1_000,
  firstPauseMilliseconds: 5,
  longestPauseMilliseconds: 50,
  restMilliseconds: 300,
}

export interface TestContext extends CloudContext {
  database: Database<DataTables>
  close(): Promise<void>
}

export async function startContext(): Promise<TestContext> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-clouds-'))
  const databases = await openTestDatabases(home)
  const database = await openDatabase<DataTables>(databases.urls.data, { synchronous: 'normal' })
  await migrate(database, new URL('../../migrations/', import.meta.url))
  return {
    ...{ home, synced: false, clock: systemClock, patience: impatience, database },
    deliveries: createDeliveryStore(database, chunkDao),
    close: async () => {
      await database.close()
      await databases.release()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** As the registry opens it: by its driver's name and checked settings. */
export async function openCloud(
  driver: string,
  settings: Record<string, unknown>,
  context: CloudContext,
): Promise<Cloud> {
  const found = (await findDriver(driver))!
  const { value, error } = found.settings.validate(settings)
  if (error) throw error
  return found.create(driver.toUpperCase(), value, context)
}

/** For stores of files: a dataset is one of NDJSON. */
export function putRecords(files: CloudFiles): CloudUnderTest['put'] {
  return (account, dataset, records) =>
    files.put(`${account}/${dataset}.ndjson`, records.map(record => `${record}\n`).join(''))
}

import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@waybill/platform/clock'
import { migrate, openDatabase } from '@waybill/platform/db'
import { openTestDatabases } from '@waybill/platform/testing'
import { type MclassDataset, startMclassSimulator } from '../simulator/start-mclass-simulator.ts'
import { createDeliveryStore, type DeliveryStore } from '../src/clouds/delivery-store.ts'
import { findDriver } from '../src/clouds/factory.ts'
import * as chunkDao from '../src/dao/delivery-chunk-dao.ts'
import type { DataTables } from '../src/models/tables.ts'
import { type CloudUnderTest, describeCloud } from './cloud-conformance.ts'

async function startDeliveries(home: string) {
  const databases = await openTestDatabases(home)
  const database = await openDatabase<DataTables>(databases.urls.data, { synchronous: 'normal' })
  await migrate(database, new URL('../migrations/', import.meta.url))
  const close = async () => {
    await database.close()
    await databases.release()
  }
  return { database, deliveries: createDeliveryStore(database, chunkDao), close }
}

async function open(driver: string, settings: Record<string, unknown>, home: string, deliveries: DeliveryStore) {
  const found = (await findDriver(driver))!
  return found.create(driver.toUpperCase(), settings, { home, synced: false, clock: systemClock, deliveries })
}

async function startLocal(): Promise<CloudUnderTest> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-clouds-'))
  const { deliveries, close } = await startDeliveries(home)
  const root = join(home, 'clouds', 'local')
  let age = 0
  return {
    cloud: await open('local', {}, home, deliveries),
    refused: await open('local', { root: join(home, 'not-there') }, home, deliveries),
    put: async (account, dataset, records) => {
      await mkdir(join(root, account), { recursive: true })
      const file = join(root, account, `${dataset}.ndjson`)
      await writeFile(file, records.map(record => `${record}\n`).join(''))
      // Two files of the same length in the same millisecond are told apart by nothing else.
      const { mtimeMs } = await stat(file)
      await utimes(file, mtimeMs / 1_000, (mtimeMs + ++age) / 1_000)
    },
    remains: async (account, processId) =>
      (await readdir(join(root, account, '.waybill', processId)).catch(() => [])).length,
    stop: async () => {
      await close()
      await rm(home, { recursive: true })
    },
  }
}

async function startMclass(): Promise<CloudUnderTest> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-clouds-'))
  const { database, deliveries, close } = await startDeliveries(home)
  const accounts = new Map<string, MclassDataset[]>()
  const simulator = await startMclassSimulator({ datasetsOf: account => accounts.get(account) })
  const settings = { url: simulator.url, client_id: 'waybill', client_secret: 'mclass-secret' }
  return {
    cloud: await open('mclass', settings, home, deliveries),
    refused: await open('mclass', { ...settings, client_secret: 'wrong' }, home, deliveries),
    put: async (account, name, records) => {
      const others = (accounts.get(account) ?? []).filter(dataset => dataset.name !== name)
      accounts.set(account, [...others, { name, records, updatedAt: new Date().toISOString() }])
    },
    remains: async (_account, processId) => {
      const rows = database.db.selectFrom('delivery_chunks').select('position').where('process_id', '=', processId)
      return (await rows.execute()).length
    },
    stop: async () => {
      await simulator.stop()
      await close()
      await rm(home, { recursive: true })
    },
  }
}

describeCloud('local', startLocal)
describeCloud('mclass', startMclass)

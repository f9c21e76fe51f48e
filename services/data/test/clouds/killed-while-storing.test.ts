import { createHash, randomBytes } from 'node:crypto'
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { createVault } from '@waybill/platform/auth'
import { startService } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { expect, test } from 'vitest'
import { CloudRegistry } from '../../src/clouds/cloud-registry.ts'
import { addCloud } from '../../src/dao/cloud-dao.ts'
import { createDataService } from '../../src/data-service.ts'
import { startAzurite } from './azurite.ts'
import { startContext } from './cloud-under-test.ts'
import { startFakeGoogleStorage } from './fake-google-storage.ts'
import { type FaultGate, startFaultGate } from './fault-gate.ts'
import { exportUntilKilled, readDelivered } from './killed-export.ts'

interface Store {
  settings: Record<string, unknown>
  gate: FaultGate
  put(path: string, content: string): Promise<unknown>
  /** A request that carries a part of an upload. */
  isPart: RegExp
  stop(): Promise<void>
}

async function startAzure(): Promise<Store> {
  const { url, account, key, stop } = await startAzurite()
  const gate = await startFaultGate({ target: url })
  const container = new ContainerClient(`${url}/${account}/waybill`, new StorageSharedKeyCredential(account, key))
  await container.create()
  return {
    settings: { container: 'waybill', account, key, endpoint: gate.url },
    ...{ gate, isPart: /^PUT .*comp=block&/ },
    put: (path, content) => container.getBlockBlobClient(path).upload(content, Buffer.byteLength(content)),
    stop: async () => {
      await gate.stop()
      await stop()
    },
  }
}

async function startGoogle(): Promise<Store> {
  const { url, credentials, bucket, stop } = await startFakeGoogleStorage('waybill')
  const gate = await startFaultGate({ target: url })
  return {
    settings: { bucket: 'waybill', credentials, endpoint: gate.url },
    ...{ gate, isPart: /^PUT .*upload_id=/ },
    put: async (path, content) => bucket.put(path, Buffer.from(content)),
    stop: async () => {
      await gate.stop()
      await stop()
    },
  }
}

const ids = Array.from({ length: 1_500_000 }, (_, at) => at)
const mebibyte = 1024 * 1024
const partBytes = 4 * mebibyte
/** Between two checkpoints, on their way when the process is killed, and what asks or ends an upload. */
const partsMoreAtMost = 6

test.each([
  ['azure', startAzure],
  ['google', startGoogle],
])(
  'an export to %s whose process is killed goes on where it was in its source, with the parts that it had written',
  async (driver, start) => {
    const [store, context, secretKey] = [await start(), await startContext(), randomBytes(32)]
    const { home, database } = context
    const account = uuidv7()
    await store.put(`${account}/large.csv`, `id,name\n${ids.map(id => `${id},row number ${id}\n`).join('')}`)
    const sum = createHash('sha256')
    for (const id of ids) sum.update(`{"id":"${id}","name":"row number ${id}"}\n`)
    const sealed_settings = new CloudRegistry(createVault(secretKey), context).seal('STORE', store.settings)
    await database.transaction(tx =>
      addCloud(tx, {
        ...{ name: 'STORE', driver, mode: 'immediate', enabled: 1, created_at: 0, updated_at: 0, sealed_settings },
      }),
    )
    const { facts, databases } = await exportUntilKilled(home, { cloud: 'STORE', account, secretKey })
    const parts = () => store.gate.calls.filter(made => store.isPart.test(made)).length
    const partsBefore = parts()
    expect(partsBefore).toBeGreaterThan(0)

    const readsBefore = store.gate.reads.length
    const host = await startService([createDataService], { home, secretKey })
    const { data } = await host.broker.waitFor('export.finished', facts.order_id)
    expect(Math.min(...store.gate.reads.slice(readsBefore))).toBeGreaterThanOrEqual(mebibyte)
    expect(data.records).toBe(ids.length)
    expect(parts()).toBeGreaterThan(partsBefore)
    expect(parts()).toBeLessThanOrEqual(Math.ceil(data.bytes / partBytes) + partsMoreAtMost)
    const text = await readDelivered(host, facts)
    expect(createHash('sha256').update(text).digest('hex')).toBe(sum.digest('hex'))
    await host.stop()
    await databases.release()
    await context.close()
    await store.stop()
  },
  60_000,
)

import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { OrderConfirmed } from '@waybill/contracts'
import { createVault } from '@waybill/platform/auth'
import { call, openTestDatabases, startService } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { expect, test } from 'vitest'
import { CloudRegistry } from '../../src/clouds/cloud-registry.ts'
import { addCloud } from '../../src/dao/cloud-dao.ts'
import { createDataService } from '../../src/data-service.ts'
import { startAzurite } from './azurite.ts'
import { startContext } from './cloud-under-test.ts'
import { startFakeGoogleStorage } from './fake-google-storage.ts'
import { type FaultGate, startFaultGate } from './fault-gate.ts'

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
    const facts: OrderConfirmed = {
      ...{ order_id: uuidv7(), process_id: uuidv7(), user_id: account, cloud: 'STORE', account },
      items: [{ dataset: 'large', format: 'ndjson' }],
    }

    const databases = await openTestDatabases(home)
    const script = fileURLToPath(new URL('../host-for-a-crash.ts', import.meta.url))
    const options = [home, databases.urls.data, secretKey.toString('base64'), JSON.stringify(facts)]
    const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    expect(line).toBe('export.progressed')
    child.kill('SIGKILL')
    await once(child, 'exit')
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
    const user = host.users.signIn({ user_id: account, account, cloud: 'STORE' })
    await host.broker.send('order.delivered', facts.order_id, {
      ...{ order_id: facts.order_id, process_id: facts.process_id, user_id: account, amount: 100, currency: 'USD' },
    })
    const file = await call(host.url, `GET /data?process_id=${facts.process_id}`, {
      ...{ token: user.token, headers: { Accept: 'application/x-ndjson' } },
    })
    expect(createHash('sha256').update(file.text).digest('hex')).toBe(sum.digest('hex'))
    await host.stop()
    await databases.release()
    await context.close()
    await store.stop()
  },
  60_000,
)

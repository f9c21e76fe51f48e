import { createHash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createVault } from '@waybill/platform/auth'
import { call, startService } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { expect, test } from 'vitest'
import { CloudRegistry } from '../../src/clouds/cloud-registry.ts'
import { addCloud } from '../../src/dao/cloud-dao.ts'
import { createDataService } from '../../src/data-service.ts'
import { unpacked } from '../unpacked.ts'
import { startContext, type TestContext } from './cloud-under-test.ts'
import { startFakeS3 } from './fake-s3.ts'
import { exportUntilKilled, readDelivered } from './killed-export.ts'

interface Store {
  name: string
  put(path: string, content: string): Promise<unknown>
  /** Where sources were read from, since the last call. */
  placesRead?(): number[]
  stop(): Promise<void>
}

async function startLocal({ home }: TestContext): Promise<Store> {
  const root = join(home, 'clouds', 'local')
  return {
    name: 'LOCAL',
    put: async (path, content) => {
      await mkdir(join(root, path, '..'), { recursive: true })
      await writeFile(join(root, path), content)
    },
    stop: async () => {},
  }
}

async function startS3(context: TestContext, secretKey: Buffer): Promise<Store> {
  const s3 = await startFakeS3({ bucket: 'waybill-data', isRefused: () => false })
  const settings = { bucket: 'waybill-data', region: 'us-east-1', endpoint: s3.gate.url }
  const sealed_settings = new CloudRegistry(createVault(secretKey), context).seal('BUCKET', {
    ...settings,
    ...{ access_key_id: 'AKIAWAYBILL', secret_access_key: 'secret' },
  })
  await context.database.transaction(tx =>
    addCloud(tx, {
      ...{ name: 'BUCKET', driver: 'aws', mode: 'immediate', enabled: 1, created_at: 0, updated_at: 0 },
      sealed_settings,
    }),
  )
  return {
    name: 'BUCKET',
    put: s3.put,
    placesRead: () => s3.gate.reads.splice(0),
    stop: s3.stop,
  }
}

const rows = 250_000

/** The slower one: what is quicker is done before it tells how far it is. */
const compression = 'gzip'

test.each([
  { of: 'LOCAL', start: startLocal },
  { of: 'S3', start: startS3 },
])(
  'a packed export to $of whose process is killed goes on at its checkpoint, and its checksum is right',
  async ({ start }) => {
    const [context, secretKey, account] = [await startContext(), randomBytes(32), uuidv7()]
    const store = await start(context, secretKey)
    const texts = randomBytes(rows * 120).toString('base64url')
    const text = (id: number) => texts.slice(id * 160, id * 160 + 160)
    await store.put(
      `${account}/large.csv`,
      `id,text\n${Array.from({ length: rows }, (_, id) => `${id},${text(id)}\n`).join('')}`,
    )
    const sum = createHash('sha256')
    for (let id = 0; id < rows; id++) sum.update(`{"id":"${id}","text":"${text(id)}"}\n`)
    const expected = sum.digest('hex')

    const { facts, databases } = await exportUntilKilled(context.home, {
      cloud: store.name,
      account,
      secretKey,
      compression,
    })
    store.placesRead?.()
    const host = await startService([createDataService], { home: context.home, secretKey })
    const [row] = await host.query('data', 'select checkpoint from export_files where process_id = ?', facts.process_id)
    const { uploaded, converter } = JSON.parse(String(row!.checkpoint))
    expect([uploaded > 0, converter.offset > 0]).toEqual([true, true])
    const { data } = await host.broker.waitFor('export.finished', facts.order_id)
    const places = store.placesRead?.()
    if (places) expect(Math.min(...places)).toBe(converter.offset)
    expect(data.records).toBe(rows)

    const hashOf = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    expect(hashOf(await readDelivered(host, facts))).toBe(expected)
    const { token } = host.users.signIn({ user_id: account, account, cloud: store.name })
    const response = await fetch(`${host.url}/data?process_id=${facts.process_id}`, {
      headers: { Authorization: `Bearer ${token}`, Accept: `application/${compression}` },
    })
    const stored = Buffer.from(await response.arrayBuffer())
    const manifest = await call<{ files: unknown[] }>(host.url, `GET /data/manifest?process_id=${facts.process_id}`, {
      token,
    })
    expect(manifest.body.data.files).toEqual([
      { dataset: 'large', format: 'ndjson', compression, records: rows, bytes: stored.length, sha256: hashOf(stored) },
    ])
    expect(hashOf(unpacked(compression, stored))).toBe(expected)
    await host.stop()
    await databases.release()
    await context.close()
    await store.stop()
  },
  60_000,
)

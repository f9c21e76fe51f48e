import { gzipSync } from 'node:zlib'
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cloud, ExportTask } from '../../src/clouds/cloud.ts'
import type { Checkpoint } from '../../src/clouds/export-dataset.ts'
import { type Azurite, startAzurite } from './azurite.ts'
import { openCloud, startContext, type TestContext } from './cloud-under-test.ts'

const account = uuidv7()
const content = `{"text":"${'x'.repeat(991)}"}\n`.repeat(18_000)
let context: TestContext
let azurite: Azurite
let container: ContainerClient
let cloud: Cloud

beforeAll(async () => {
  context = await startContext()
  azurite = await startAzurite()
  const { url, account: name, key } = azurite
  container = new ContainerClient(`${url}/${name}/waybill`, new StorageSharedKeyCredential(name, key))
  await container.create()
  await container.getBlockBlobClient(`${account}/long.ndjson`).upload(content, content.length)
  cloud = await openCloud('azure', { container: 'waybill', account: name, key, endpoint: url }, context)
})
afterAll(async () => {
  await azurite.stop()
  await context.close()
})

const task = (more: Partial<ExportTask> = {}): ExportTask => ({
  ...{ account, processId: uuidv7(), position: 0, dataset: 'long', format: 'ndjson', checkpoint: undefined },
  ...{ signal: new AbortController().signal, saveEveryMilliseconds: 0, saveEveryBytes: 0, save: async () => {} },
  assertHeld: async () => {},
  ...more,
})

const deliveryOf = ({ processId, dataset }: ExportTask) =>
  container.getBlockBlobClient(`${account}/.waybill/${processId}/${dataset}.ndjson`)

async function checkpointOf(of: ExportTask): Promise<Checkpoint> {
  let checkpoint: Checkpoint | undefined
  const save = async (point: Checkpoint) => {
    checkpoint = JSON.parse(JSON.stringify(point))
    throw new Error('killed')
  }
  await expect(cloud.processOrder({ ...of, save })).rejects.toThrow('killed')
  return checkpoint!
}

test('a blob that is stored compressed is read as it is stored', async () => {
  const packed = gzipSync('{"a":1}\n'.repeat(1_000))
  const of = task()
  await deliveryOf(of).upload(packed, packed.length, { blobHTTPHeaders: { blobContentEncoding: 'gzip' } })
  const pieces: Buffer[] = []
  for await (const piece of await cloud.openDelivery({ ...of, bytes: packed.length }, 1, packed.length - 1)) {
    pieces.push(piece)
  }
  expect(Buffer.concat(pieces)).toEqual(packed.subarray(1))
})

test('two runs of one export, one of them taken for dead, do not mix their blocks', async () => {
  const of = task()
  const checkpoint = await checkpointOf(of)
  const late = { ...of, checkpoint, assertHeld: () => Promise.reject(new Error('taken over')) }
  const [lost, done] = await Promise.allSettled([cloud.processOrder(late), cloud.processOrder({ ...of, checkpoint })])
  expect([lost.status, done.status]).toEqual(['rejected', 'fulfilled'])
  expect((await deliveryOf(of).downloadToBuffer()).toString()).toBe(content)
})

test('the checkpoint of many blocks is as short as that of one', async () => {
  const sizes: number[] = []
  const save = async ({ upload }: Checkpoint) => {
    sizes.push(JSON.stringify(upload).length)
  }
  await cloud.processOrder(task({ save }))
  expect(sizes.length).toBeGreaterThan(2)
  expect(new Set(sizes).size).toBe(1)
})

test('a delivery has the type of its format', async () => {
  const of = task()
  await cloud.processOrder(of)
  expect((await deliveryOf(of).getProperties()).contentType).toBe('application/x-ndjson')
})

import { gzipSync } from 'node:zlib'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Cloud, ExportTask } from '../../src/clouds/cloud.ts'
import type { Checkpoint } from '../../src/clouds/export-dataset.ts'
import { openCloud, startContext, type TestContext } from './cloud-under-test.ts'
import { refusal } from './fake-google-answers.ts'
import { type FakeGoogleStorage, startFakeGoogleStorage } from './fake-google-storage.ts'
import { type FaultGate, startFaultGate } from './fault-gate.ts'

const mebibyte = 1024 * 1024
let context: TestContext
let google: FakeGoogleStorage
let gate: FaultGate
let cloud: Cloud
let account: string

beforeAll(async () => {
  context = await startContext()
  google = await startFakeGoogleStorage('waybill')
  gate = await startFaultGate({
    target: google.url,
    faultAnswer: status => {
      const { headers, body } = refusal(status, 'Slow down.', 'rateLimitExceeded')
      return { status, headers, body: body.toString() }
    },
  })
  cloud = await openCloud('google', { bucket: 'waybill', credentials: google.credentials, endpoint: gate.url }, context)
})
beforeEach(() => {
  account = uuidv7()
})
afterAll(async () => {
  await gate.stop()
  await google.stop()
  await context.close()
})

const task = (dataset: string, more: Partial<ExportTask> = {}): ExportTask => ({
  ...{ account, processId: uuidv7(), position: 0, dataset, format: 'ndjson', checkpoint: undefined },
  ...{ signal: new AbortController().signal, saveEveryMilliseconds: 0, saveEveryBytes: 0, save: async () => {} },
  assertHeld: async () => {},
  ...more,
})

const delivered = ({ processId, dataset }: ExportTask) =>
  google.bucket.find(`${account}/.waybill/${processId}/${dataset}.ndjson`)?.bytes.toString()

test('100,000 datasets are listed', async () => {
  const names = Array.from({ length: 100_000 }, (_, at) => `d${String(at).padStart(6, '0')}`)
  for (const name of names) google.bucket.put(`${account}/${name}.ndjson`, Buffer.from('{}\n'))
  expect((await cloud.listDatasets(account)).map(({ name }) => name)).toEqual(names)
})

test('an object that is stored compressed is read as it is stored', async () => {
  const packed = gzipSync('{"a":1}\n')
  const of = task('people')
  google.bucket.put(`${account}/.waybill/${of.processId}/people.ndjson`, packed, 'gzip')
  const pieces: Buffer[] = []
  for await (const piece of await cloud.openDelivery({ ...of, bytes: packed.length }, 0, packed.length - 1)) {
    pieces.push(piece)
  }
  expect(Buffer.concat(pieces)).toEqual(packed)
})

test('a limit of the rate is waited for, though it is worded as a refusal', async () => {
  gate.next.push(403, 403)
  expect(await cloud.listDatasets(account)).toEqual([])
  expect(gate.next).toEqual([])
})

describe('an upload session', () => {
  let content: string

  beforeEach(() => {
    content = `{"text":"${'x'.repeat(991)}"}\n`.repeat(18_000)
    google.bucket.put(`${account}/long.ndjson`, Buffer.from(content))
  })

  async function killed(of: ExportTask): Promise<Checkpoint> {
    let checkpoint: Checkpoint | undefined
    const save = async (point: Checkpoint) => {
      checkpoint = JSON.parse(JSON.stringify(point))
      throw new Error('killed')
    }
    await expect(cloud.processOrder({ ...of, save })).rejects.toThrow('killed')
    return checkpoint!
  }

  test('that takes less than it is sent is sent the rest', async () => {
    google.sessions.takenAtMost = mebibyte
    const of = task('long')
    await cloud.processOrder(of)
    google.sessions.takenAtMost = Number.POSITIVE_INFINITY
    expect(delivered(of)).toBe(content)
  })

  test('that got more than the checkpoint knows is not sent it again', async () => {
    const of = task('long')
    const checkpoint = await killed(of)
    const stopping = new AbortController()
    let saves = 0
    const save = async () => {
      if (++saves === 2) stopping.abort()
    }
    await expect(cloud.processOrder({ ...of, checkpoint, save, signal: stopping.signal })).rejects.toThrow(/abort/)
    const before = google.sessions.bytesTaken
    await cloud.processOrder({ ...of, checkpoint })
    expect(delivered(of)).toBe(content)
    expect(google.sessions.bytesTaken - before).toBeLessThan(content.length - checkpoint.uploaded - 4 * mebibyte)
  })

  test('that has run out is begun anew', async () => {
    const of = task('long')
    const checkpoint = await killed(of)
    google.sessions.expire()
    const { bytes } = await cloud.processOrder({ ...of, checkpoint })
    expect(bytes).toBe(content.length)
    expect(delivered(of)).toBe(content)
  })

  test('keeps what is too little to be sent in the checkpoint, and little of it', async () => {
    const checkpoint = await killed(task('long'))
    const { sent, rest } = checkpoint.upload as { sent: number; rest: string }
    expect(sent % (256 * 1024)).toBe(0)
    expect(sent + Buffer.from(rest, 'base64').length).toBe(checkpoint.uploaded)
    expect(rest.length).toBeLessThan(350 * 1024)
  })

  test('that another process has begun is ended by its checkpoint, and one without a checkpoint by its own run', async () => {
    const unfinished = (of: ExportTask) => google.sessions.unfinishedUnder(`${account}/.waybill/${of.processId}/`)
    const of = task('long')
    const { upload } = await killed(of)
    const elsewhere = await openCloud(
      'google',
      { bucket: 'waybill', credentials: google.credentials, endpoint: gate.url },
      context,
    )
    await elsewhere.removeDelivery(account, of.processId)
    expect(unfinished(of)).toBe(1)
    await elsewhere.removeDelivery(account, of.processId, [upload])
    expect(unfinished(of)).toBe(0)
    const stopping = new AbortController()
    const early = task('long', { signal: stopping.signal, saveEveryMilliseconds: 3_600_000, saveEveryBytes: 1e12 })
    const ended = cloud.processOrder(early)
    while (unfinished(early) === 0) await new Promise(resolve => setTimeout(resolve, 1))
    stopping.abort()
    await expect(ended).rejects.toThrow(/abort/)
    expect(unfinished(early)).toBe(0)
  })
})

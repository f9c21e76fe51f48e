import { buffer } from 'node:stream/consumers'
import { MovableClock } from '@waybill/platform/clock'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExportTask } from '../../src/clouds/cloud.ts'
import { CloudRefused, CloudUnavailable } from '../../src/clouds/cloud-error.ts'
import type { Checkpoint } from '../../src/clouds/export-dataset.ts'
import { findDriver } from '../../src/clouds/factory.ts'
import { bulk, checksum, lines } from './cloud-suite.ts'
import { type CloudFiles, type CloudUnderTest, openCloud, putRecords, startContext } from './cloud-under-test.ts'
import { describeCloud } from './conformance.ts'
import { type FakeIam, startFakeIam } from './fake-iam.ts'
import { type FakeS3, startFakeS3 } from './fake-s3.ts'

const apiKey = 'an-ibm-api-key'
const place = { bucket: 'waybill-data', region: 'eu-de' }
const isGoodIn = (iam: FakeIam) => (authorization: string) => iam.isGood(/^Bearer (.+)$/.exec(authorization)?.[1] ?? '')

describeCloud(
  'ibm, with an API key',
  async (): Promise<CloudUnderTest> => {
    const context = await startContext()
    const iam = await startFakeIam(apiKey)
    const s3 = await startFakeS3({ bucket: place.bucket, isRefused: authorization => !isGoodIn(iam)(authorization) })
    const settings = { ...place, endpoint: s3.gate.url, api_key: apiKey, iam_url: iam.url }
    const files: CloudFiles = { leastPartBytes: 5 * 1024 * 1024, put: s3.put }
    const wrongSettings = { ...settings, api_key: 'a-wrong-key' }
    return {
      ...{ context, settings, wrongSettings },
      cloud: await openCloud('ibm', settings, context),
      refused: await openCloud('ibm', wrongSettings, context),
      missing: await openCloud('ibm', { ...settings, bucket: 'not-there' }, context),
      put: putRecords(files),
      files,
      remains: async (account, processId) => s3.count(`${account}/.waybill/${processId}/`),
      gate: s3.gate,
      secrets: [apiKey, 'a-wrong-key'],
      stop: async () => {
        await s3.stop()
        await iam.stop()
        await context.close()
      },
    }
  },
  { exportsAs: 'aws' },
)

describe("ibm's tokens", () => {
  let context: Awaited<ReturnType<typeof startContext>>
  let iam: FakeIam
  let s3: FakeS3
  const clock = new MovableClock()

  beforeAll(async () => {
    context = await startContext()
    iam = await startFakeIam(apiKey)
    s3 = await startFakeS3({ bucket: place.bucket, isRefused: authorization => !isGoodIn(iam)(authorization) })
  })
  afterAll(async () => {
    await s3.stop()
    await iam.stop()
    await context.close()
  })

  const open = () =>
    openCloud('ibm', { ...place, endpoint: s3.gate.url, api_key: apiKey, iam_url: iam.url }, { ...context, clock })

  test('are asked for once by all who need one, and kept', async () => {
    const cloud = await open()
    const before = iam.given
    await Promise.all(Array.from({ length: 20 }, () => cloud.listDatasets(uuidv7())))
    await cloud.login()
    expect(iam.given - before).toBe(1)
  })

  test('are renewed before they run out, while the old one serves', async () => {
    const cloud = await open()
    await cloud.login()
    const before = iam.given
    clock.advance(3_500_000)
    iam.next.push(503)
    await cloud.login()
    await expect.poll(() => iam.next).toEqual([])
    await cloud.login()
    await expect.poll(() => iam.given - before).toBe(1)
    clock.advance(200_000)
    await cloud.login()
    expect(iam.given - before).toBe(1)
  })

  test('that were revoked are asked for again at the next call', async () => {
    const cloud = await open()
    await cloud.login()
    iam.revoke()
    await expect(cloud.login()).rejects.toThrow(CloudRefused)
    await cloud.login()
  })

  test('that run out in the middle of an export are replaced, also behind a crash; what it leaves can be removed', async () => {
    const cloud = await open()
    const account = uuidv7()
    const text = lines(bulk(22 * 1024 * 1024))
    await s3.put(`${account}/long.ndjson`, text)
    const before = iam.given
    const killed = new Error('killed')
    const checkpoints: Checkpoint[] = []
    const save = async (checkpoint: Checkpoint) => {
      clock.advance(3_601_000)
      if (checkpoints.push(JSON.parse(JSON.stringify(checkpoint))) === 2) throw killed
    }
    const task: ExportTask = {
      ...{ account, processId: uuidv7(), position: 0, dataset: 'long', format: 'ndjson', checkpoint: undefined, save },
      ...{ signal: new AbortController().signal, saveEveryMilliseconds: 0, saveEveryBytes: 0 },
      assertHeld: async () => {},
    }
    await expect(cloud.processOrder(task)).rejects.toBe(killed)
    const [checkpoint] = checkpoints.slice(-1)
    expect(checkpoint!.uploaded).toBeGreaterThan(0)
    const reads = s3.gate.reads.length
    const file = await (await open()).processOrder({ ...task, checkpoint, save: async () => {} })
    expect(file).toMatchObject({ bytes: text.length, sha256: checksum(text) })
    expect(Math.min(...s3.gate.reads.slice(reads))).toBe(checkpoint!.converter.offset)
    expect(iam.given - before).toBeGreaterThan(2)
    expect(checksum(await buffer(await cloud.openDelivery({ ...task, bytes: file.bytes }, 0, file.bytes - 1)))).toBe(
      file.sha256,
    )

    const ended = { ...task, processId: uuidv7() }
    checkpoints.length = 0
    await expect(cloud.processOrder(ended)).rejects.toBe(killed)
    for (const { processId } of [task, ended]) {
      expect(s3.count(`${account}/.waybill/${processId}/`)).toBe(1)
      await cloud.removeDelivery(account, processId)
      expect(s3.count(`${account}/.waybill/${processId}/`)).toBe(0)
    }
  })

  test('are asked for again where their server fails; its refusal is final, and says who refused', async () => {
    iam.next.push(503, 429, 500)
    await (await open()).login()
    iam.next.push(...Array.from({ length: context.patience.tries }, () => 503))
    await expect((await open()).login()).rejects.toThrow(CloudUnavailable)
    iam.next.push(400)
    await expect((await open()).login()).rejects.toThrow('IBM refused: IAM: 400 as told')
  })
})

test('ibm takes HMAC keys, too', async () => {
  const context = await startContext()
  const s3 = await startFakeS3({ bucket: place.bucket, isRefused: given => !given.includes('Credential=hmac-id/') })
  const settings = { ...place, endpoint: s3.gate.url, access_key_id: 'hmac-id', secret_access_key: 'hmac-secret' }
  await (await openCloud('ibm', settings, context)).login()
  const other = await openCloud('ibm', { ...settings, access_key_id: 'other' }, context)
  await expect(other.login()).rejects.toThrow(CloudRefused)
  await s3.stop()
  await context.close()
})

test.each([
  ['half a pair of keys', { access_key_id: 'a' }],
  ['keys and an API key', { access_key_id: 'a', secret_access_key: 'b', api_key: 'c' }],
  ['a token server without an API key', { iam_url: 'https://iam.example.org' }],
  ['a region that leads elsewhere', { region: 'example.org/' }],
])('ibm takes no settings with %s', async (_, bad) => {
  const { settings } = (await findDriver('ibm'))!
  expect(settings.validate({ ...place, ...bad }).error).toBeDefined()
})

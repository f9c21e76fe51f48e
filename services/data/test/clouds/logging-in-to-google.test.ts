import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@waybill/platform/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { CloudRefused, CloudUnavailable } from '../../src/clouds/cloud-error.ts'
import { findDriver } from '../../src/clouds/factory.ts'
import { openCloud, startContext, type TestContext } from './cloud-under-test.ts'
import { type FakeGoogleStorage, startFakeGoogleStorage, workloadToken } from './fake-google-storage.ts'

let context: TestContext
let google: FakeGoogleStorage
let folder: string

beforeAll(async () => {
  context = await startContext()
  google = await startFakeGoogleStorage('waybill')
  folder = await mkdtemp(join(tmpdir(), 'waybill-google-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(async () => {
  await google.stop()
  await context.close()
  await rm(folder, { recursive: true })
})

const open = (credentials?: Record<string, unknown>) =>
  openCloud('google', { bucket: 'waybill', endpoint: google.url, ...(credentials && { credentials }) }, context)

test('a token is asked for once and kept', async () => {
  const cloud = await open(google.credentials)
  google.calls.length = 0
  await cloud.login()
  await cloud.listDatasets('somebody')
  expect(google.calls.filter(call => call === 'POST /token')).toHaveLength(1)
})

test('a private key that is none is refused, and not repeated', async () => {
  const cloud = await open({ ...google.credentials, private_key: 'a text that is no key' })
  const error = await cloud.login().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CloudRefused)
  expect(String(error)).toContain('private_key')
  expect(String(error)).not.toContain('a text that is no key')
})

test('a token server that is down is an outage', async () => {
  const cloud = await open({ ...google.credentials, token_uri: `http://127.0.0.1:${await freePort()}/token` })
  await expect(cloud.login()).rejects.toThrow(CloudUnavailable)
})

describe('without credentials in the settings', () => {
  test('those of the environment are taken', async () => {
    await writeFile(join(folder, 'token'), workloadToken)
    const credentials = {
      ...{ type: 'external_account', audience: '//iam.googleapis.com/projects/1/pools/waybill' },
      ...{ subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', token_url: `${google.url}/token` },
      credential_source: { file: join(folder, 'token') },
    }
    await writeFile(join(folder, 'credentials.json'), JSON.stringify(credentials))
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', join(folder, 'credentials.json'))
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', 'waybill')
    await (await open()).login()
  })

  test('and without any there, the login is refused with a word about both', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
    vi.stubEnv('CLOUDSDK_CONFIG', folder)
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    const error = await (await open()).login().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CloudRefused)
    expect(String(error)).toContain('no credentials in the settings, and none where this process runs')
  })
})

test.each([
  ['a bucket that is a path', { bucket: 'a/b' }],
  ['credentials that are no service account', { bucket: 'waybill', credentials: { type: 'external_account' } }],
  ['credentials without a key', { bucket: 'waybill', credentials: { type: 'service_account', client_email: 'a@b' } }],
])('%s are no settings', async (_, settings) => {
  const driver = await findDriver('google')
  expect(driver!.settings.validate(settings).error).toBeDefined()
})

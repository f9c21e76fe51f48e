import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { CloudRefused } from '../../src/clouds/cloud-error.ts'
import { findDriver } from '../../src/clouds/factory.ts'
import { openCloud, startContext, type TestContext } from './cloud-under-test.ts'
import { type FakeS3, startFakeS3 } from './fake-s3.ts'

const place = { bucket: 'waybill-data', region: 'eu-central-1' }
let context: TestContext
let s3: FakeS3
let folder: string

beforeAll(async () => {
  context = await startContext()
  s3 = await startFakeS3({ bucket: place.bucket, isRefused: given => !given.includes('Credential=AKIAFOUND/') })
  folder = await mkdtemp(join(tmpdir(), 'waybill-aws-'))
})
// What may stand in the environment of whoever runs the tests is not for them.
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'no-config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'))
})
afterEach(() => {
  vi.unstubAllEnvs()
})
afterAll(async () => {
  await s3.stop()
  await context.close()
  await rm(folder, { recursive: true })
})

const login = async () => (await openCloud('aws', { ...place, endpoint: s3.gate.url }, context)).login()

test('without keys in the settings those of the environment are taken', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAFOUND')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-secret-of-the-environment')
  await login()
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASOMEBODY')
  await expect(login()).rejects.toThrow('AWS refused: 403')
})

test('or those of the shared file', async () => {
  const file = join(folder, 'credentials')
  await writeFile(file, '[default]\naws_access_key_id = AKIAFOUND\naws_secret_access_key = a-secret-of-the-file\n')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file)
  await login()
})

test('where the SDK finds none anywhere, the login is refused with a word about both, and nothing is sent', async () => {
  const before = s3.gate.calls.length
  const error = await login().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CloudRefused)
  expect(String(error)).toContain('AWS refused: no credentials, neither in its settings nor where the SDK looks')
  expect(s3.gate.calls.length).toBe(before)
})

test.each([
  ['half a pair of keys', { ...place, access_key_id: 'a' }],
  ['no region', { bucket: place.bucket }],
  ['an endpoint that is no address', { ...place, endpoint: 'ftp://example.org' }],
])('aws takes no settings with %s', async (_, settings) => {
  const driver = await findDriver('aws')
  expect(driver!.settings.validate(settings).error).toBeDefined()
})

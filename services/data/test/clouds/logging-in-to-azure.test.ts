import { ContainerClient, ContainerSASPermissions, StorageSharedKeyCredential } from '@azure/storage-blob'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { CloudRefused } from '../../src/clouds/cloud-error.ts'
import { findDriver } from '../../src/clouds/factory.ts'
import { type Azurite, startAzurite } from './azurite.ts'
import { openCloud, startContext, type TestContext } from './cloud-under-test.ts'

const container = 'waybill'
let context: TestContext
let azurite: Azurite
let endpoint: string
let signature: string

beforeAll(async () => {
  context = await startContext()
  azurite = await startAzurite()
  endpoint = `${azurite.url}/${azurite.account}`
  const credential = new StorageSharedKeyCredential(azurite.account, azurite.key)
  const client = new ContainerClient(`${endpoint}/${container}`, credential)
  await client.create()
  const expiresOn = new Date(Date.now() + 600_000)
  const permissions = ContainerSASPermissions.parse('racwdl')
  signature = new URL(await client.generateSasUrl({ permissions, expiresOn })).search
})
afterAll(async () => {
  await azurite.stop()
  await context.close()
})

const login = async (settings: Record<string, unknown>) =>
  (await openCloud('azure', { container, ...settings }, context)).login()

describe('the login', () => {
  test('is made with a key, at an endpoint with or without the account in its path', async () => {
    const { account, key, url } = azurite
    await login({ account, key, endpoint })
    await login({ account, key, endpoint: `${endpoint}/` })
    await login({ account, key, endpoint: url })
  })

  test('is made with a shared access signature for the container alone', async () => {
    await login({ sas: signature, endpoint })
    await login({ sas: signature.slice(1), account: azurite.account, endpoint: azurite.url })
  })

  test('is made with a connection string, which goes before the rest', async () => {
    const { account, key } = azurite
    const parts = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};BlobEndpoint=${endpoint};`
    await login({ connection_string: parts })
    await login({ connection_string: parts, sas: 'sig=wrong', endpoint: 'https://waybill.example' })
    await login({ connection_string: `BlobEndpoint=${endpoint};SharedAccessSignature=${signature.slice(1)}` })
  })

  test('with a signature that was changed is refused, and not repeated', async () => {
    const changed = signature.replace(/sig=..../, 'sig=AAAA')
    const error = await login({ sas: changed, endpoint }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CloudRefused)
    expect(String(error)).toContain('403')
    expect(String(error)).not.toContain('sig=')
  })
})

describe('without a key, a signature or a connection string', () => {
  // What may stand in the environment of whoever runs the tests is not for them.
  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AZURE_')) vi.stubEnv(name, undefined)
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'EnvironmentCredential')
  })
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  test('the identity is the one that the chain of the SDK finds; where there is none, that is said', async () => {
    const error = await login({ account: 'waybill' }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(CloudRefused)
    expect(String(error)).toMatch(/AZURE refused: no identity: .*EnvironmentCredential is unavailable/)
  })
})

describe('settings', () => {
  const key = Buffer.from('key').toString('base64')

  test.each([
    ['no place', { container, sas: 'sig=1' }, '[connection_string, account, endpoint]'],
    ['a key without its account', { container, key, endpoint: 'https://a.example' }, 'account'],
    ['a container that is a path', { container: 'a/b', account: 'waybill', key }, 'container'],
    [
      'a connection string of something else',
      { container, connection_string: 'Server=db;Uid=me' },
      'connection_string',
    ],
    ['a connection string without a place', { container, connection_string: 'AccountKey=a;AccountName=b' }, 'pattern'],
  ])('with %s are refused', async (_, settings, told) => {
    const driver = await findDriver('azure')
    expect(driver!.settings.validate(settings).error?.message).toContain(told)
  })
})

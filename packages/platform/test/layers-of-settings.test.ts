// Settings in layers: which value holds, who may say it, what is said of a bad one, and how documents and keys are fetched from AWS.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWaybillConfiguration } from '@waybill/contracts/settings'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ConfigurationUnavailable, createSettingsKeys, SettingsError } from '../src/config/index.ts'
import { makeKmsKey } from '../src/config/kms-keys.ts'
import { type FakeAws, type FakeKms, freePort, startFakeAws, startFakeKms } from '../src/testing/index.ts'

let folder: string
let aws: FakeAws
let kms: FakeKms
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-layers-'))
  ;[aws, kms] = await Promise.all([startFakeAws(), startFakeKms()])
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'fake').stubEnv('AWS_SECRET_ACCESS_KEY', 'fake')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await aws?.stop()
  await kms?.stop()
  await rm(folder, { recursive: true })
})

type Environment = Record<string, string>
const key = randomBytes(32)
const earlierKey = randomBytes(32)
const keys = createSettingsKeys([key])

async function readFrom(document: unknown, environment: Environment = {}) {
  const path = join(folder, `${randomBytes(4).toString('hex')}.json`)
  await writeFile(path, typeof document === 'string' ? document : JSON.stringify(document))
  return (await readWaybillConfiguration({ CONFIG_URI: `file:${path}`, ...environment }))!
}

/** The lines of the SettingsError, with `…` for the path of the document. */
async function refusalOf(document: unknown, environment?: Environment): Promise<string[]> {
  const error = await readFrom(document, environment).catch(failure => failure)
  expect(error).toBeInstanceOf(SettingsError)
  return (error as SettingsError).lines.map(line => line.replace(/file:\S+?\.json/g, '…'))
}

describe('of the layers', () => {
  const document = {
    default: { RATE_LIMIT_PER_MINUTE: 10, SIGN_IN_LIMIT_PER_MINUTE: 11, TRUST_PROXY: 1, CALLBACK_ALLOW_PRIVATE: true },
    dev: { SIGN_IN_LIMIT_PER_MINUTE: 12, TRUST_PROXY: 2 },
    prod: { SIGN_IN_LIMIT_PER_MINUTE: 13 },
  }

  test('the environment goes before the part of the stage, that before the default part, and that before defaults', async () => {
    const { settings } = await readFrom(document, {
      WAYBILL_ENV: 'dev',
      TRUST_PROXY: '3',
      SIGN_IN_LIMIT_PER_MINUTE: '',
    })
    expect(settings).toMatchObject({
      TRUST_PROXY: 3,
      SIGN_IN_LIMIT_PER_MINUTE: 12,
      RATE_LIMIT_PER_MINUTE: 10,
      CALLBACK_ALLOW_PRIVATE: true,
      JWT_ISSUER: 'waybill',
    })
  })

  test('without a stage no part of a stage holds', async () => {
    expect((await readFrom(document)).settings).toMatchObject({ SIGN_IN_LIMIT_PER_MINUTE: 11, TRUST_PROXY: 1 })
  })

  test('a stage that the document does not have is refused, and so is one that nobody has', async () => {
    expect(await refusalOf(document, { WAYBILL_ENV: 'qa' })).toEqual(['WAYBILL_ENV is qa, and … has no part qa'])
    expect(await refusalOf(document, { WAYBILL_ENV: 'test' })).toEqual([expect.stringMatching(/^WAYBILL_ENV must be /)])
  })
})

test('all that is bad is named with its place, and nothing secret is shown', async () => {
  const lines = await refusalOf(
    {
      default: { COLOUR: 'red', WAYBILL_ENV: 'dev', PORT: 'eighty' },
      prod: { STRIPE_SECRET_KEY: 'hush-hush', WAYBILL_CONFIG_KEY: key.toString('base64') },
      // Of no concern to this stage.
      dev: { SHAPE: 'round' },
    },
    { WAYBILL_ENV: 'prod', TRUST_PROXY: 'all' },
  )
  expect(lines).toEqual(['WAYBILL_CONFIG_KEY may stand in a document only as kms:… (in prod of …)'])
  expect(
    await refusalOf(
      { default: { COLOUR: 'red', WAYBILL_ENV: 'dev', PORT: 'eighty' }, prod: { STRIPE_SECRET_KEY: 'hush-hush' } },
      { WAYBILL_ENV: 'prod', TRUST_PROXY: 'all' },
    ),
  ).toEqual([
    'COLOUR is no setting (in default of …)',
    'WAYBILL_ENV is read from the environment alone (in default of …)',
    'PORT must be a whole number from 0 to 65535 (it is "eighty", in default of …)',
    'TRUST_PROXY must be a whole number from 0 to 10 (it is "all")',
    'STRIPE_SECRET_KEY must be a secret or restricted key of Stripe (sk_… or rk_…) (in prod of …)',
  ])
})

test.each([
  ['{ "default": { "STRIPE_SECRET_KEY": "hush-hush" ', /is no JSON of the form/],
  ['[]', /is no JSON of the form/],
  [{ default: 'hush-hush' }, /has a part default that is no JSON object/],
  [{ staging: {} }, /has a part staging: parts are default, dev, qa, prod/],
  [
    { default: { STRIPE_SECRET_KEY: ['hush-hush'] } },
    /^STRIPE_SECRET_KEY must be a text, a number, true or false \(in default/,
  ],
])('a document that is none is refused: %j', async (document, line) => {
  const lines = await refusalOf(document)
  expect(lines).toEqual([expect.stringMatching(line)])
  expect(lines.join()).not.toContain('hush-hush')
})

test('a file that is not there is refused', async () => {
  await expect(readWaybillConfiguration({ CONFIG_URI: `file:${folder}/none.json` })).rejects.toThrow(
    /^CONFIG_URI file:.*none\.json cannot be read: ENOENT/,
  )
})

describe('encrypted values', () => {
  const encrypted = keys.encrypt('STRIPE_SECRET_KEY', 'sk_test_1')

  test('are opened in a document and in the environment, with the key in use or an earlier one', async () => {
    const WAYBILL_CONFIG_KEY = `${earlierKey.toString('base64')},${key.toString('base64')}`
    const inDocument = await readFrom({ default: { STRIPE_SECRET_KEY: encrypted } }, { WAYBILL_CONFIG_KEY })
    expect(inDocument.settings.STRIPE_SECRET_KEY).toBe('sk_test_1')
    const alone = await readWaybillConfiguration({ STRIPE_SECRET_KEY: encrypted, WAYBILL_CONFIG_KEY })
    expect(alone!.settings).toMatchObject({ STRIPE_SECRET_KEY: 'sk_test_1' })
    expect(alone!.settings).not.toHaveProperty('WAYBILL_CONFIG_KEY')
  })

  test('that were moved, changed or encrypted with another key are refused by name', async () => {
    const WAYBILL_CONFIG_KEY = key.toString('base64')
    const changed = `${encrypted.slice(0, 30)}${encrypted[30] === 'A' ? 'B' : 'A'}${encrypted.slice(31)}`
    const documents = [
      { STRIPE_WEBHOOK_SECRET: encrypted },
      { STRIPE_SECRET_KEY: changed },
      { JWT_ISSUER: 'encrypted:v1:' },
    ]
    for (const values of documents) {
      const [name] = Object.keys(values)
      expect(await refusalOf({ default: values }, { WAYBILL_CONFIG_KEY })).toEqual([
        `${name} cannot be opened (in default of …): it was encrypted with another key or for another setting, or was changed`,
      ])
    }
    expect(await refusalOf({ default: { STRIPE_SECRET_KEY: encrypted } })).toEqual([
      'STRIPE_SECRET_KEY is encrypted (in default of …): set WAYBILL_CONFIG_KEY',
    ])
  })

  test('that open to something bad do not show it', async () => {
    const PORT = keys.encrypt('PORT', 'hush-hush')
    const lines = await refusalOf({ default: { PORT } }, { WAYBILL_CONFIG_KEY: key.toString('base64') })
    expect(lines).toEqual(['PORT must be a whole number from 0 to 65535 (in default of …)'])
  })

  test('are opened with a key that only KMS can open, and KMS refuses what is not its own', async () => {
    const place = { region: 'eu-central-1', kmsEndpoint: kms.url }
    const sealed = await makeKmsKey('alias/waybill', place)
    const { openKmsKeys } = await import('../src/config/kms-keys.ts')
    const own = createSettingsKeys(await openKmsKeys([sealed], place))
    const values = {
      WAYBILL_CONFIG_KEY: `kms:${sealed}`,
      STRIPE_SECRET_KEY: own.encrypt('STRIPE_SECRET_KEY', 'sk_kms'),
    }
    const { settings } = await readFrom({ default: values }, kms.settings)
    expect(settings.STRIPE_SECRET_KEY).toBe('sk_kms')
    const before = kms.opened()
    await readFrom({ default: { WAYBILL_CONFIG_KEY: `kms:${sealed}` } }, kms.settings)
    expect(kms.opened(), 'nobody is asked where nothing is encrypted').toBe(before)
    const foreign = { ...values, WAYBILL_CONFIG_KEY: `kms:${randomBytes(40).toString('base64')}` }
    expect(await refusalOf({ default: foreign }, kms.settings)).toEqual([
      expect.stringMatching(/^WAYBILL_CONFIG_KEY \(kms:\) is refused: InvalidCiphertextException/),
    ])
  })
})

describe('a document in S3', () => {
  const place = (port: number) => ({ AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` })
  const uri = 's3://waybill-settings/all/settings.json'
  const read = (port: number, known?: string, CONFIG_URI = uri) =>
    readWaybillConfiguration({ ...place(port), CONFIG_URI, WAYBILL_ENV: 'prod' }, known)
  const put = (document: object | undefined) =>
    aws.putObject('waybill-settings', 'all/settings.json', document && JSON.stringify(document))

  test('is read, and read again only where it has changed', async () => {
    await put({ prod: { TRUST_PROXY: 1 } })
    const first = await read(aws.port)
    expect(first!.settings.TRUST_PROXY).toBe(1)
    expect(first!.placeOf('TRUST_PROXY')).toBe(`prod of ${uri}`)
    expect(await read(aws.port, first!.version)).toBeUndefined()
    await put({ prod: { TRUST_PROXY: 2 } })
    expect((await read(aws.port, first!.version))!.settings.TRUST_PROXY).toBe(2)
  })

  test('that is not there is refused, and so is a bucket', async () => {
    await put(undefined)
    await expect(read(aws.port)).rejects.toThrow(`CONFIG_URI ${uri} is refused: NoSuchKey`)
    const elsewhere = 's3://waybill-nowhere/settings.json'
    await expect(read(aws.port, undefined, elsewhere)).rejects.toThrow(
      `CONFIG_URI ${elsewhere} is refused: NoSuchBucket`,
    )
  })

  test.each([
    [403, 'AccessDenied', SettingsError],
    [403, 'ExpiredToken', ConfigurationUnavailable],
    [503, 'SlowDown', ConfigurationUnavailable],
  ])('answered with %i %s is a %o', async (status, code, kind) => {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'Content-Type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`)
    })
    const port = await freePort()
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
    const error = await read(port).catch(failure => failure)
    server.closeAllConnections()
    server.close()
    expect(error).toBeInstanceOf(kind)
    expect(error.message).toContain(uri)
  })

  test('out of reach may come back', async () => {
    await expect(read(await freePort())).rejects.toThrow(ConfigurationUnavailable)
  })
})

// `waybill config`: what is secret leaves a document and comes back, keys take each other's place, and stages that share a database are found.
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeKms, startFakeKms } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newPerson, type Person } from './waybill-command.ts'

let person: Person
let kms: FakeKms
beforeAll(async () => {
  // Nobody is asked.
  person = await newPerson('http://127.0.0.1:1')
  kms = await startFakeKms()
})
afterAll(async () => {
  await kms?.stop()
  await person?.remove()
})

const example = new URL('../../../deployment/config/example.json', import.meta.url)
const config = (words: string, options?: { input?: string; env?: Record<string, string> }) =>
  person.run(['config', ...words.split(' ')], options)
const newKey = async () => (await config('key')).out.trim()
const path = () => join(person.folder, 'settings.json')
const save = (document: unknown) =>
  writeFile(path(), typeof document === 'string' ? document : JSON.stringify(document), { mode: 0o600 })
const parts = async () => JSON.parse(await readFile(path(), 'utf8')) as Record<string, Record<string, string>>

test('the example of dev, qa and prod is in order once its secrets are encrypted, and opens to what it was', async () => {
  const text = await readFile(example, 'utf8')
  const secrets = [...text.matchAll(/"(mysql:|amqp:|WAYBILL_SECRET_KEY)/g)].length
  expect(secrets).toBe(18)
  await save(text)
  const plain = await config('check settings.json')
  expect(plain.code).toBe(1)
  expect(plain.out.trim().split('\n')).toHaveLength(secrets)
  expect(plain.out).not.toContain('change-me')

  const env = { WAYBILL_CONFIG_KEY: await newKey() }
  expect((await config('encrypt --file settings.json', { env })).code).toBe(0)
  expect(await readFile(path(), 'utf8')).not.toMatch(/change-me|ZXhhbXBsZ/)
  expect((await stat(path())).mode & 0o777).toBe(0o600)
  expect(await config('check settings.json', { env })).toMatchObject({ code: 0, err: '' })
  expect(await config('check settings.json --stage qa', { env })).toMatchObject({ code: 0 })
  const opened = await config('decrypt --file settings.json', { env })
  expect(JSON.parse(opened.out)).toEqual(JSON.parse(text))

  const shown = await config('diff dev prod settings.json', { env })
  expect(shown.out).toMatch(/^LOG_LEVEL +debug +info$/m)
  expect(shown.out).toMatch(/^USER_DATABASE_URL +secret [0-9a-f]{12} +secret [0-9a-f]{12}$/m)
  expect(shown.out).not.toMatch(/change-me|example/)
  expect((await config('diff dev dev settings.json', { env })).out).toBe('dev and dev are the same\n')
  // Whoever has no key may still check the rest.
  const keyless = await config('check settings.json --json')
  expect(JSON.parse(keyless.out)).toMatchObject({ ok: true, notes: { length: secrets } })
})

test('a key takes the place of another, and then the other is not needed any more', async () => {
  const [earlier, now] = [await newKey(), await newKey()]
  await save({ default: { STRIPE_SECRET_KEY: 'sk_test_1', LOG_LEVEL: 'info' } })
  await config('encrypt --file settings.json', { env: { WAYBILL_CONFIG_KEY: earlier } })
  const before = (await parts()).default!.STRIPE_SECRET_KEY!
  await config('encrypt --file settings.json', { env: { WAYBILL_CONFIG_KEY: `${now},${earlier}` } })
  const after = (await parts()).default!.STRIPE_SECRET_KEY!
  expect(after).not.toBe(before)
  const open = (input: string, key: string) =>
    config('decrypt STRIPE_SECRET_KEY', { input, env: { WAYBILL_CONFIG_KEY: key } })
  expect(await open(after, now)).toMatchObject({ code: 0, out: 'sk_test_1\n' })
  expect(await open(after, earlier)).toMatchObject({ code: 1, out: '' })
  const again = await config('encrypt --file settings.json', { env: { WAYBILL_CONFIG_KEY: now } })
  expect(again.out).toBe('nothing to encrypt\n')
})

test('a value is encrypted for one setting alone, checked before, and never taken from the command line', async () => {
  const env = { WAYBILL_CONFIG_KEY: await newKey() }
  const { out } = await config('encrypt STRIPE_SECRET_KEY', { input: 'sk_test_1\n', env })
  expect(out).toMatch(/^encrypted:v1:[A-Za-z0-9+/=]+\n$/)
  expect((await config('decrypt JWT_PRIVATE_KEY', { input: out, env })).code).toBe(1)
  const bad = await config('encrypt STRIPE_SECRET_KEY', { input: 'hush-hush', env })
  expect(bad).toMatchObject({ code: 1, err: expect.not.stringContaining('hush-hush') })
  expect(await config('encrypt STRIPE_SECRET_KEY sk_test_1', { env })).toMatchObject({
    code: 2,
    err: expect.stringContaining('on the command line is seen by others'),
  })
  const typed = await person.terminal('waybill config encrypt STRIPE_SECRET_KEY', { input: 'sk_test_typed\r', env })
  expect(typed.out).toMatch(/Value of STRIPE_SECRET_KEY: .*encrypted:v1:/s)
  expect((await config('encrypt STRIPE_SECRET_KEY', { input: 'sk_test_1' })).code).toBe(2)
})

test.each([
  ['the same URL', 'mysql://a:b@db.example/user', 'mysql://a:b@db.example/user'],
  ['another user of the same database', 'mysql://a:b@db.example/user', 'mysql://c:d@DB.example/user'],
  ['the same file', 'sqlite:/var/user.sqlite', 'sqlite:/var/user.sqlite'],
])('two stages with one database are refused: %s', async (_, dev, prod) => {
  const env = { WAYBILL_CONFIG_KEY: await newKey() }
  await save({ dev: { USER_DATABASE_URL: dev }, qa: { LOG_LEVEL: 'info' }, prod: { USER_DATABASE_URL: prod } })
  await config('encrypt --file settings.json', { env })
  const { code, out } = await config('check settings.json', { env })
  expect(code).toBe(1)
  expect(out).toBe('USER_DATABASE_URL of prod is the database of dev, too: each stage has its own (settings.json)\n')
})

test('a database or broker that all stages have from the default part is refused, and so is what a start would refuse', async () => {
  await save({
    default: { ORDER_DATABASE_URL: 'sqlite:orders.sqlite', BROKER_URL: 'sns://eu-central-1/waybill' },
    dev: {},
    qa: { COLOUR: 'red' },
  })
  const { code, out } = await config('check settings.json')
  expect(code).toBe(1)
  expect(out.trim().split('\n')).toEqual(['COLOUR is no setting (in qa of settings.json)'])
  await save({
    default: { ORDER_DATABASE_URL: 'sqlite:orders.sqlite', BROKER_URL: 'sns://eu-central-1/waybill' },
    dev: {},
    qa: {},
  })
  expect((await config('check settings.json')).out.trim().split('\n')).toEqual([
    'ORDER_DATABASE_URL of qa is the database of dev, too: each stage has its own (settings.json)',
    'BROKER_URL of qa is the broker of dev, too: each stage has its own (settings.json)',
  ])
})

test('a key that KMS makes encrypts a document, and nobody holds it', async () => {
  const { out } = await config('key --kms alias/waybill', { env: kms.settings })
  expect(out).toMatch(/^kms:[A-Za-z0-9+/=]+\n$/)
  await save({ prod: { WAYBILL_CONFIG_KEY: out.trim(), STRIPE_SECRET_KEY: 'sk_test_1' } })
  expect((await config('encrypt --file settings.json', { env: kms.settings })).out).toBe(
    'STRIPE_SECRET_KEY of prod encrypted\n',
  )
  expect((await parts()).prod!.WAYBILL_CONFIG_KEY).toBe(out.trim())
  expect(await config('check settings.json', { env: kms.settings })).toMatchObject({ code: 0 })
  const nowhere = { ...kms.settings, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1' }
  const { code, err } = await config('check settings.json', { env: nowhere })
  expect(code).toBe(3)
  // No server was asked: nothing of --server may be said.
  expect(err).toMatch(/^The configuration is out of reach\n.*is out of reach.*\n.*AWS_ENDPOINT_URL_KMS/)
  expect(err).not.toContain('--server')
})

// Every secret setting holds a word that nobody else would say. Whatever happens, the word turns up nowhere.
import { spawnSync } from 'node:child_process'
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { settingsSchema } from '@waybill/contracts/settings'
import { createSettingsKeys, type Setting } from '@waybill/platform/config'
import { call, until } from '@waybill/platform/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newHome, type RunningServer, runServer, serverEnvironment } from './running-server.ts'

const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))
const word = () => `canary${randomBytes(8).toString('hex')}`
const key = randomBytes(32)
const signingKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

let home: string
let remove: () => Promise<void>
let server: RunningServer | undefined
beforeEach(async () => {
  ;({ home, remove } = await newHome())
  await mkdir(join(home, 'reports'))
})
afterEach(async () => {
  await server?.kill()
  await remove()
})

/** A value for every secret setting, whichever there are. */
function secrets(): Record<string, string> {
  const sqlite = (name: string) => `sqlite:${join(home, `${name}.sqlite`)}`
  const values: Record<string, string> = {
    WAYBILL_CONFIG_KEY: key.toString('base64'),
    WAYBILL_SECRET_KEY: randomBytes(32).toString('base64'),
    USER_DATABASE_URL: sqlite('user'),
    ORDER_DATABASE_URL: sqlite('order'),
    PAYMENT_DATABASE_URL: sqlite('payment'),
    DATA_DATABASE_URL: sqlite('data'),
    BROKER_URL: `amqp://waybill:${word()}@127.0.0.1:1/waybill`,
    JWT_PRIVATE_KEY: signingKey,
    OPERATOR_PASSWORD: word(),
    STRIPE_SECRET_KEY: `sk_test_${word()}`,
    STRIPE_WEBHOOK_SECRET: `whsec_${word()}`,
  }
  const known = Object.entries<Setting<unknown>>(settingsSchema).flatMap(([name, { secret }]) => (secret ? [name] : []))
  expect(Object.keys(values).sort(), 'every secret setting is tried').toEqual(known.sort())
  return values
}

/** What must not be found: passwords in URLs, keys without the lines around them, and their bytes in other spellings. */
function wordsOf(values: Record<string, string>): string[] {
  return Object.values(values).flatMap(value => {
    if (value.startsWith('sqlite:')) return []
    const bare = /canary[0-9a-f]{16}/.exec(value)?.[0] ?? value
    if (value !== signingKey) return [bare, Buffer.from(bare).toString('base64').slice(0, 20)]
    return [value.split('\n')[1]!, createPrivateKey(value).export({ format: 'jwk' }).d!]
  })
}

/** Writes them into a document, encrypted, but for the key; answers the environment of a process that reads it. */
async function hide(values: Record<string, string>): Promise<Record<string, string>> {
  const { WAYBILL_CONFIG_KEY, ...inDocument } = values
  const keys = createSettingsKeys([key])
  const encrypted = Object.entries(inDocument).map(([name, value]) => [name, keys.encrypt(name, value)])
  await writeFile(join(home, 'settings.json'), JSON.stringify({ prod: Object.fromEntries(encrypted) }))
  return {
    CONFIG_URI: `file:${join(home, 'settings.json')}`,
    WAYBILL_ENV: 'prod',
    WAYBILL_CONFIG_KEY: WAYBILL_CONFIG_KEY!,
    OPERATOR_EMAIL: 'ops@example.com',
    LOG_LEVEL: 'trace',
    NODE_OPTIONS: `--report-uncaught-exception --report-on-fatalerror --report-on-signal --report-directory=${join(home, 'reports')}`,
  }
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile() && entry.name !== 'settings.json')
  return Promise.all(files.map(async ({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
}

function expectSilence(texts: string[], words: string[]): void {
  const told = words.filter(secret => texts.some(text => text.includes(secret)))
  expect(told).toEqual([])
}

test('a server with a secret in every setting that takes one tells none, not even in the report of its crash', async () => {
  const values = secrets()
  const words = wordsOf(values)
  // Loaded before the server: on a signal it fails as a mistake of ours would.
  const saboteur = join(home, 'saboteur.mjs')
  await writeFile(saboteur, "process.once('SIGUSR1', () => setTimeout(() => { throw new Error('on purpose') }))\n")
  const env = await hide(values)
  env.NODE_OPTIONS += ` --import=${saboteur}`
  server = await runServer(home, env)
  const pages = await Promise.all(
    ['/readyz', '/metrics', '/docs', '/openapi.json', '/healthz', '/nowhere'].map(
      async path => (await call(server!.url, `GET ${path}`)).text,
    ),
  )
  const password = { email: 'ops@example.com', password: values.OPERATOR_PASSWORD }
  const signedIn = await call<{ access_token: string }>(server.url, 'POST /authentication', { body: password })
  expect(signedIn.status, 'the secrets are the ones in use').toBe(200)
  const token = signedIn.body.data.access_token
  for (const path of ['/clouds', '/payments?all=true', '/user/details']) {
    pages.push((await call(server.url, `GET ${path}`, { token })).text)
  }
  server.child.kill('SIGUSR2')
  const ended = new Promise(resolve => server!.child.once('exit', resolve))
  await until(
    () => readdir(join(home, 'reports')),
    reports => reports.length === 1,
  )
  server.child.kill('SIGUSR1')
  await ended
  const { out, err } = server.output()
  expect(err).toContain('on purpose')
  const files = await filesUnder(home)
  expect(
    files.filter(text => text.includes('"reportVersion"')),
    'a report by signal and one of the crash',
  ).toHaveLength(2)
  expectSilence([out, err, ...pages, ...files], words)
})

test.each([
  ['a database that refuses', 'USER_DATABASE_URL', (secret: string) => `mysql://nobody:${secret}@127.0.0.1:1/user`],
  ['a key that is none', 'JWT_PRIVATE_KEY', (secret: string) => secret],
  ['a value of another form', 'STRIPE_SECRET_KEY', (secret: string) => secret],
  ['a broker of another form', 'BROKER_URL', (secret: string) => `kafka://u:${secret}@h`],
  ['a password that is too long', 'OPERATOR_PASSWORD', (secret: string) => secret.repeat(10)],
])('a start that fails tells no secret: %s', async (_, name, bad) => {
  const secret = word()
  const values = { ...secrets(), BROKER_URL: 'memory:', [name]: bad(secret) }
  const { status, stdout, stderr } = spawnSync(process.execPath, [start], {
    env: serverEnvironment(home, await hide(values)),
    encoding: 'utf8',
    // What waits for its database is ended.
    timeout: name === 'USER_DATABASE_URL' ? 4_000 : 45_000,
  })
  if (name !== 'USER_DATABASE_URL') {
    expect(status).toBe(78)
    expect(stderr).toMatch(new RegExp(`^${name} .*\\(in prod of file:.*settings\\.json\\)$`, 'm'))
  }
  expectSilence([stdout, stderr, ...(await filesUnder(home))], [...wordsOf(values), secret])
})

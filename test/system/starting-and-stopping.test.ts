// What an operator sees of a process: it starts with one line, refuses bad settings with a line each, and stops in good order.
import { spawnSync } from 'node:child_process'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { call, freePort, until } from '@waybill/platform/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newCustomer, signIn } from './customer.ts'
import { newHome, runServer, serverEnvironment } from './running-server.ts'

const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))
let home: string
let remove: () => Promise<void>
beforeEach(async () => {
  ;({ home, remove } = await newHome())
})
afterEach(() => remove())

const failToStart = (env: Record<string, string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [start], {
    env: serverEnvironment(home, env),
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { status, stdout, lines: stderr.trim().split('\n') }
}

test('the first start makes an operator and says so once', async () => {
  const first = await runServer(home)
  const { email, password } = first.operator!
  expect((await signIn(first.url, email, password)).user.role).toBe('operator')
  await first.stop()
  const second = await runServer(home)
  expect(second.operator).toBeUndefined()
  expect(second.output().out).toBe(`waybill ready ${second.url}\n`)
  expect((await signIn(second.url, email, password)).user.role).toBe('operator')
  await second.stop()
})

test('it serves on the port that is set and prints it', async () => {
  const port = await freePort()
  const server = await runServer(home, { PORT: String(port) })
  expect(server.url).toBe(`http://localhost:${port}`)
  expect((await call(server.url, 'GET /readyz')).status).toBe(200)
  const second = failToStart({ PORT: String(port), WAYBILL_HOME: join(home, 'second') })
  expect(second.status).toBe(1)
  expect(second.lines).toEqual([expect.stringContaining(`PORT ${port} is taken`)])
  await server.stop()
})

test('bad settings end with 78 and a line for each, without a stack trace', () => {
  const { status, stdout, lines } = failToStart({ PORT: 'eighty', JWT_EXPIRES_IN: 'soon', WAYBILL_SERVICES: 'billing' })
  expect(status).toBe(78)
  expect(stdout).toBe('')
  expect(lines.map(line => line.split(' ')[0]).sort()).toEqual(['JWT_EXPIRES_IN', 'PORT', 'WAYBILL_SERVICES'])
})

test.each([
  ['WAYBILL_SECRET_KEY', { WAYBILL_SERVICES: 'user' }],
  ['USER_SERVICE_URL', { WAYBILL_SERVICES: 'data', WAYBILL_SECRET_KEY: Buffer.alloc(32).toString('base64') }],
  ['OPERATOR_PASSWORD', { OPERATOR_EMAIL: 'a@b.c', OPERATOR_PASSWORD: 'short' }],
  ['OPERATOR_PASSWORD', { OPERATOR_EMAIL: 'a@b.c' }],
  ['JWT_PRIVATE_KEY', { JWT_PRIVATE_KEY: 'not a key' }],
])('%s is asked for where it is needed and refused where it is bad: %j', (name, env) => {
  const { status, lines } = failToStart(env)
  expect(status).toBe(78)
  expect(lines).toEqual([expect.stringMatching(`^${name} `)])
})

test.each(['http', 'export'])('work that others must share is refused where they could not: WAYBILL_WORK=%s', work => {
  const { status, lines } = failToStart({ WAYBILL_WORK: work })
  expect(status).toBe(78)
  expect(lines).toEqual([expect.stringMatching(/^DATA_DATABASE_URL /), expect.stringMatching(/^BROKER_URL /)])
})

test('the secret key is made once, readable by its owner only, and a damaged one stops the start', async () => {
  const server = await runServer(home)
  await server.stop()
  const file = join(home, 'secret.key')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(Buffer.from(await readFile(file, 'utf8'), 'base64')).toHaveLength(32)
  await chmod(file, 0o600)
  await writeFile(file, 'damaged')
  expect(failToStart({})).toMatchObject({ status: 78, lines: [expect.stringContaining('secret.key')] })
})

test('SIGTERM lets what is in flight finish, then ends with 0 within 15 s', async () => {
  const server = await runServer(home)
  const customer = await newCustomer(server.url)
  const { order } = await customer.order({ items: [{ dataset: 'airports' }], payment: { mode: 'later' } })
  const held = customer.call(`GET /process/${order.process_id}`, { headers: { Prefer: 'wait=60' } })
  const placeOrder = () => customer.call('POST /user/order', { body: { items: [{ dataset: 'airports' }] } })
  // Connections are open by now; what is sent over them is in flight when the signal comes.
  await Promise.all(Array.from({ length: 10 }, placeOrder))
  const replies = Promise.all(Array.from({ length: 10 }, placeOrder))
  const [{ code, milliseconds }, answered] = await Promise.all([server.stop(), replies])
  expect(code).toBe(0)
  expect(milliseconds).toBeLessThan(15_000)
  expect((await held).status).toBe(200)
  expect(answered.map(reply => reply.status)).toEqual(Array.from({ length: 10 }, () => 202))
  await expect(customer.call('GET /healthz')).rejects.toThrow()
})

test('SIGTERM shows at /healthz while everything is still served, for as long as DRAIN_TIME says', async () => {
  const server = await runServer(home, { DRAIN_TIME: '2s' })
  expect((await call(server.url, 'GET /healthz')).body).toEqual({ status: 'ok' })
  const stopped = server.stop()
  const health = await until(
    () => call(server.url, 'GET /healthz'),
    ({ status }) => status === 503,
  )
  expect(health.body).toEqual({ status: 'stopping' })
  const prices = await call(server.url, 'GET /prices')
  expect([prices.status, prices.headers.get('connection')]).toEqual([200, 'close'])
  const { code, milliseconds } = await stopped
  expect(code).toBe(0)
  expect(milliseconds).toBeGreaterThan(2_000)
})

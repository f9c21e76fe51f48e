// PM2 runs the services in cluster mode and renews them under load: no customer notices.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { call, freePorts, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEngines } from '../system/deployment.ts'
import { startLoad, untilAnswered } from '../system/load.ts'
import { type BalancedInstance, startLoadBalancer } from '../system/load-balancer.ts'
import { verifiableSettings, verified } from '../system/verified-deployment.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const binaries = join(root, 'node_modules', '.bin')
const ecosystem = join(root, 'deployment', 'pm2', 'ecosystem.config.cjs')

/** A PM2 of its own: it knows of no other applications of this machine, and they not of it. */
let home: string
let engines: Awaited<ReturnType<typeof createEngines>>
/** What lies in the databases was made with it. */
const WAYBILL_SECRET_KEY = randomBytes(32).toString('base64')
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-pm2-'))
  engines = await createEngines()
})
afterAll(async () => {
  await pm2('kill')
  await engines.drop()
  await rm(home, { recursive: true, force: true })
})

async function pm2(...options: string[]): Promise<string> {
  return runPm2({}, options)
}

async function runPm2(settings: Record<string, string>, options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(binaries, 'pm2'), options, {
    env: {
      ...settings,
      HOME: home,
      PM2_HOME: join(home, 'pm2'),
      PATH: `${binaries}${delimiter}${process.env.PATH}`,
    },
    maxBuffer: 32 * 1024 * 1024,
  })
  return stdout
}

interface Pm2Process {
  name: string
  pid: number
  pm2_env: { status: string; exec_mode: string }
}

async function listProcesses(): Promise<Pm2Process[]> {
  const processes: Pm2Process[] = JSON.parse(await pm2('jlist'))
  return processes.map(({ name, pid, pm2_env: { status, exec_mode } }) => ({
    name,
    pid,
    pm2_env: { status, exec_mode },
  }))
}

const areOnline = (processes: Pm2Process[]) => processes.every(({ pm2_env }) => pm2_env.status === 'online')

const settings = (port: number): Record<string, string> => ({
  ...engines.settings,
  ...verifiableSettings,
  WAYBILL_SECRET_KEY,
  WAYBILL_HOME: home,
  PORT: String(port),
  LOG_LEVEL: 'warn',
  RATE_LIMIT_PER_MINUTE: '0',
  SIGN_IN_LIMIT_PER_MINUTE: '0',
  DATABASE_POOL_SIZE: '4',
})

/** A free port, and the four behind it that the services get when each runs alone. */
async function freeBlock(): Promise<number> {
  return (await freePorts(5, { inARow: true }))[0]!
}

test('settings that cannot be shared are refused before anything starts', async () => {
  const { BROKER_URL: _, ORDER_DATABASE_URL: __, ...rest } = settings(await freeBlock())
  const refused = await runPm2(rest, ['start', ecosystem]).catch(error => `${error.stdout}${error.stderr}`)
  expect(refused).toContain('set ORDER_DATABASE_URL, BROKER_URL (docs/scaling-out.md)')
  expect(await listProcesses()).toEqual([])
})

test('a single service runs alone, and its processes read their settings again when PM2 passes SIGHUP on', {
  timeout: 60_000,
}, async () => {
  const port = await freeBlock()
  const document = join(home, 'settings.json')
  const allow = (origin: string) => writeFile(document, JSON.stringify({ default: { CORS_ORIGINS: origin }, dev: {} }))
  const [one, other] = ['https://one.example', 'https://other.example'] as const
  await allow(one)
  const alone = { CONFIG_URI: `file:${document}`, WAYBILL_ENV: 'dev', WAYBILL_PM2: 'user', WAYBILL_INSTANCES: '1' }
  await runPm2({ ...settings(port), ...alone }, ['start', ecosystem])
  const before = await listProcesses()
  expect(before.map(({ name }) => name)).toEqual(['waybill-user'])
  const url = `http://127.0.0.1:${port + 1}`
  expect((await call(url, 'GET /readyz')).status).toBe(200)
  const allowed = async (Origin: string) =>
    (await call(url, 'GET /healthz', { headers: { Origin } })).headers.get('access-control-allow-origin')
  expect([await allowed(one), await allowed(other)]).toEqual([one, null])
  await allow(other)
  await pm2('sendSignal', 'SIGHUP', 'waybill-user')
  await until(
    () => allowed(other),
    origin => origin === other,
  )
  expect(await listProcesses()).toEqual(before)
  await pm2('delete', 'all')
})

test('an application for each service: a reload under load fails no request and leaves no process of before', async () => {
  const port = await freeBlock()
  const started = settings(port)
  await runPm2({ ...started, WAYBILL_PM2: 'parts', WAYBILL_INSTANCES: '2' }, ['start', ecosystem])
  const before = await until(listProcesses, areOnline, 90)
  expect(before.map(({ name }) => name).sort()).toEqual(twice(partNames))
  expect(new Set(before.map(({ pm2_env }) => pm2_env.exec_mode))).toEqual(new Set(['cluster_mode']))

  const front = await balance(port)
  try {
    const load = await startLoad(front.url, 4)
    await untilAnswered(load.answered, 50)
    const health = watchHealth(port + 1)
    await pm2('reload', 'all')
    // Each process that leaves may still have had one of these calls in its hands.
    expect(await health.stop()).toBeLessThanOrEqual(2)
    await untilAnswered(load.answered, 50)
    await load.stop()
    expect(load.failures).toEqual([])
    const after = await until(listProcesses, areOnline, 90)
    expect(after).toHaveLength(before.length)
    expect(after.filter(({ pid }) => before.some(old => old.pid === pid))).toEqual([])
    for (const { customer, process } of load.accepted)
      expect(await customer.finished(process.process_id, 60)).toMatchObject({ status: 1 })
    // The whole journey, money and audit, of four services behind the load balancer.
    expect(await verified(front.url)).toMatchObject(allPassed)
  } finally {
    await front.stop()
  }
}, 240_000)

/** Asks a port that processes share for its health, each time over a connection of its own; answers how often one said that it stops. */
function watchHealth(port: number) {
  let stoppingSeen = 0
  let enough = false
  const ask = async () => {
    while (!enough) {
      const [response] = await once(get({ port, path: '/healthz', agent: false }), 'response')
      if (response.statusCode !== 200) stoppingSeen++
      await once(response.resume(), 'end')
      await pause(5)
    }
  }
  const asking = ask()
  return {
    async stop() {
      enough = true
      await asking
      return stoppingSeen
    },
  }
}

const allPassed = { code: 0, verdict: 'passed', notPassed: [] }
const partNames = serviceNames.map(service => `waybill-${service}`).sort()
const twice = (names: string[]) => names.flatMap(name => [name, name])

/** The load balancer's paths; each service is one address, whose processes share the port. */
async function balance(port: number) {
  const places = serviceNames.map((service, at): [ServiceName, BalancedInstance[]] => [
    service,
    [{ name: `${service}-1`, address: `127.0.0.1:${port + 1 + at}` }],
  ])
  const balancer = await startLoadBalancer(Object.fromEntries(places) as Record<ServiceName, BalancedInstance[]>)
  for (const [, [{ name }]] of places as [ServiceName, [BalancedInstance]][]) await balancer.untilUp(name)
  return balancer
}

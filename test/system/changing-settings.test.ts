// Settings change while customers are served: they take effect, nothing that was accepted is lost, and no request fails.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { call, until } from '@waybill/platform/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { password, signIn } from './customer.ts'
import { startLoad, untilAnswered } from './load.ts'
import { newHome, type RunningServer, runServer } from './running-server.ts'

let home: string
let remove: () => Promise<void>
let server: RunningServer | undefined
beforeEach(async () => {
  ;({ home, remove } = await newHome())
})
afterEach(async () => {
  await server?.kill()
  await remove()
})

const document = () => join(home, 'settings.json')
const write = (settings: Record<string, string | number>) =>
  writeFile(document(), JSON.stringify({ default: { LOG_LEVEL: 'info' }, dev: settings }))

/** Starts the server on the document alone. */
async function start(settings: Record<string, string | number>): Promise<RunningServer> {
  await write(settings)
  server = await runServer(home, {
    CONFIG_URI: `file:${document()}`,
    WAYBILL_ENV: 'dev',
    // The document says it.
    LOG_LEVEL: '',
    RATE_LIMIT_PER_MINUTE: '',
  })
  return server
}

interface Line {
  msg: string
  changed?: string[]
  lines?: string[]
}
const said = ({ output }: RunningServer): Line[] =>
  output()
    .err.split('\n')
    .filter(line => line.startsWith('{') && line.includes('onfiguration') !== line.includes('changed settings'))
    .map(line => JSON.parse(line))

/** Signals, and answers what is said about it. */
async function readAgain(running: RunningServer): Promise<Line> {
  const before = said(running).length
  running.child.kill('SIGHUP')
  return (
    await until(
      async () => said(running),
      lines => lines.length > before,
    )
  ).at(-1)!
}

const limitOf = async (running: RunningServer) =>
  Number((await call(running.url, 'GET /prices')).headers.get('ratelimit-limit'))

test('settings that change under load take effect, and no request fails and no order is lost', async () => {
  const running = await start({
    RATE_LIMIT_PER_MINUTE: 1_000_000,
    OPERATOR_EMAIL: 'ops@example.com',
    OPERATOR_PASSWORD: password,
  })
  const load = await startLoad(running.url, 4)
  for (const limit of [1_000_001, 1_000_002, 1_000_003]) {
    await untilAnswered(load.answered, 40)
    await write({ RATE_LIMIT_PER_MINUTE: limit, OPERATOR_EMAIL: 'ops@example.com', OPERATOR_PASSWORD: password })
    const { msg, changed } = await readAgain(running)
    expect([msg, changed]).toEqual(['changed settings are in effect', ['RATE_LIMIT_PER_MINUTE']])
    expect(await limitOf(running)).toBe(limit)
  }
  await untilAnswered(load.answered, 40)
  await load.stop()
  expect(load.failures).toEqual([])
  for (const { customer, process } of load.accepted)
    expect(await customer.finished(process.process_id, 60)).toMatchObject({ status: 1 })
  const operator = await signIn(running.url, 'ops@example.com')
  const audit = await operator.call<{ checked: number; violations: unknown[] }>('GET /audit')
  expect(audit.body.data.violations).toEqual([])
  expect(audit.body.data.checked).toBeGreaterThanOrEqual(load.accepted.length)
  expect((await running.stop()).code).toBe(0)
})

test('a document that is bad, and settings that cannot work, change nothing', async () => {
  const running = await start({ RATE_LIMIT_PER_MINUTE: 500 })
  await write({ RATE_LIMIT_PER_MINUTE: 'many', STRIPE_SECRET_KEY: 'pass-word-of-nobody', COLOUR: 'red' })
  const { lines } = await readAgain(running)
  expect(lines!.map(line => line.split(' ')[0]).sort()).toEqual([
    'COLOUR',
    'RATE_LIMIT_PER_MINUTE',
    'STRIPE_SECRET_KEY',
  ])
  expect(await limitOf(running)).toBe(500)

  // The schema takes it; only the user service knows better, once the services before have been stopped.
  await write({ RATE_LIMIT_PER_MINUTE: 501, JWT_PRIVATE_KEY: 'no-key-at-all' })
  expect((await readAgain(running)).lines).toEqual([expect.stringMatching(/^JWT_PRIVATE_KEY /)])
  expect(await limitOf(running)).toBe(500)

  await write({ RATE_LIMIT_PER_MINUTE: 502, PORT: 1 })
  expect((await readAgain(running)).changed).toEqual(['RATE_LIMIT_PER_MINUTE'])
  expect(await limitOf(running)).toBe(502)
  expect(running.output().err).not.toMatch(/pass-word-of-nobody|no-key-at-all/)
  expect((await running.stop()).code).toBe(0)
})

test('with CONFIG_REFRESH a changed document is found without a signal', async () => {
  const running = await start({ RATE_LIMIT_PER_MINUTE: 600, CONFIG_REFRESH: '100ms' })
  await write({ RATE_LIMIT_PER_MINUTE: 601, CONFIG_REFRESH: '100ms' })
  await until(
    () => limitOf(running),
    limit => limit === 601,
  )
})

// Settings change while customers are served: they take effect, nothing that was accepted is lost, and no request fails.
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { call, freePort, until } from '@waybill/platform/testing'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { spawnBound } from './bound-process.ts'
import { password, signIn } from './customer.ts'
import { startLoad, untilAnswered } from './load.ts'
import { newHome, type RunningServer, runServer, serverEnvironment } from './running-server.ts'

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

  await write({ RATE_LIMIT_PER_MINUTE: 502, PORT: 1, HOST: '127.0.0.2' })
  expect((await readAgain(running)).changed).toEqual(['RATE_LIMIT_PER_MINUTE'])
  expect(running.output().err).toMatch(/"changed":\["HOST"\],"msg":"takes effect when the process is started anew"/)
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

const startScript = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url))
/** A server whose document lies in the S3 that this machine has at a port. */
const environmentAt = (port: number) =>
  serverEnvironment(home, {
    ...{ CONFIG_URI: 's3://settings/waybill.json', WAYBILL_ENV: 'dev', RATE_LIMIT_PER_MINUTE: '', LOG_LEVEL: '' },
    ...{ AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` },
    ...{ AWS_ACCESS_KEY_ID: 'fake', AWS_SECRET_ACCESS_KEY: 'fake' },
  })

test('SIGHUP while the document is out of reach ends nothing; the server starts when it is there, and reads it once more', async () => {
  let limit: number | undefined
  let asked = 0
  const s3 = createServer((_, response) => {
    asked++
    if (limit === undefined) return response.writeHead(503).end()
    const document = { default: { LOG_LEVEL: 'info' }, dev: { RATE_LIMIT_PER_MINUTE: limit } }
    return response.setHeader('ETag', `"${limit++}"`).end(JSON.stringify(document))
  }).listen(0)
  onTestFinished(() => void s3.close())
  await once(s3, 'listening')
  const { port } = s3.address() as AddressInfo
  const child = spawnBound(process.execPath, [startScript], { env: environmentAt(port), stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  const says = (text: string) =>
    until(() => output.includes(text), Boolean, 20).catch(error => {
      throw new Error(`${error.message}: ${output}`)
    })
  await says('waiting for the configuration')
  for (const _ of [1, 2]) {
    child.kill('SIGHUP')
    // Two that came at once would be one: it goes on asking between them.
    const before = asked
    await until(() => asked > before, Boolean)
  }
  limit = 700
  await says('waybill ready')
  await says('changed settings are in effect')
  const [, url] = /^waybill ready (\S+)$/m.exec(output)!
  expect((await call(url!, 'GET /prices')).headers.get('ratelimit-limit')).toBe('701')
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
})

test.each([
  ['the server', startScript],
  ['the job that makes tables', fileURLToPath(new URL('../../apps/server/src/migrate.ts', import.meta.url))],
])('when the document stays out of reach for a minute, %s ends with 75 and says where it asked', async (_, program) => {
  const port = await freePort()
  // Its minute is over in a second.
  const quickened = 'const now = performance.now.bind(performance); performance.now = () => 50 * now()'
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(quickened)}`, program],
    { env: environmentAt(port), encoding: 'utf8', timeout: 30_000 },
  )
  expect(status, stderr).toBe(75)
  expect(stdout).toBe('')
  const [waiting, ...last] = stderr.trim().split('\n')
  expect(waiting).toContain('waiting for the configuration')
  expect(last.at(-1)).toContain('s3://settings/waybill.json')
})

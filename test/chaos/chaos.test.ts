// Short runs of the chaos suite: enough to show that it works, and that nothing simple is broken. The long ones are `npm run chaos`.
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { leaveNothingBehind } from './left-behind.ts'
import { readOptions } from './options.ts'
import { rabbitmqIsInstalled } from './private-rabbitmq.ts'
import { runChaos } from './run.ts'

/** Other tests run beside this one: the contract's 3 s are asked for by `npm run chaos`, which has the machine for itself. */
const patient = ['--moving-within', '15000', '--orders', '4']

const onPath = (program: string) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some(folder => existsSync(join(folder, program)))
const missing = [
  ...['mariadbd', 'mariadb-install-db', 'haproxy', 'epmd'].filter(program => !onPath(program)),
  ...(rabbitmqIsInstalled() ? [] : ['rabbitmq-server']),
]
if (missing.length > 0) {
  if (process.env.WAYBILL_ENGINES === 'required') throw new Error(`not installed: ${missing}`)
  process.stderr.write(`CHAOS ON MANY PROCESSES IS SKIPPED: ${missing} not installed (npm run engines)\n`)
}

afterAll(leaveNothingBehind)

async function violationsOf(given: string[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-chaos-'))
  const { violations, outcome } = await runChaos(readOptions([...given, ...patient]), {
    folder,
    stopped: new AbortController().signal,
  })
  expect(outcome.delivered).toBeGreaterThan(5)
  if (violations.length === 0) await rm(folder, { recursive: true, force: true })
  return violations.map(({ rule, detail }) => `${rule}: ${detail} (see ${folder})`)
}

test('one process on SQLite loses nothing, killed at steps of the saga, and replaced by its next version', {
  timeout: 600_000,
}, async () => {
  const given = ['--topology', 'embedded', '--seed', '1', '--seconds', '1', '--no-every-step']
  expect(await violationsOf([...given, '--faults', 'step,version'])).toEqual([])
})

test.skipIf(missing.length > 0)(
  'two processes for each service lose nothing, killed at steps of the saga, with engines that break and messages that come twice',
  { timeout: 600_000 },
  async () => {
    const given = ['--seed', '5', '--seconds', '1', '--no-every-step']
    expect(await violationsOf([...given, '--faults', 'step,database,broker,connections,messages'])).toEqual([])
  },
)

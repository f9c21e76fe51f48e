// The journey of the README, pasted into a shell as it stands there.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { deploy } from './deployment.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const journey = /## The journey[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme)![1]!

test('the journey of the README works as it is written', async () => {
  const deployment = await deploy()
  onTestFinished(deployment.remove)
  const folder = await mkdtemp(join(tmpdir(), 'waybill-journey-'))
  const script = journey.replace('http://localhost:8000', deployment.url)
  expect(script).not.toBe(journey)
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder })

  expect(stdout).toContain('"email":"ada-')
  expect(stdout).toContain('"datasets":[')
  expect(stdout).toContain('"records":[{')
  expect(stdout).toContain('{"cloud":"LOCAL","amount":100,"currency":"USD"}')
  const events = [...stdout.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!))
  expect(events.at(-1)).toMatchObject({ status: 1, percentage: 100, state: 'success' })
  expect(stdout).toMatch(/"sha256":"[0-9a-f]{64}"/)
  expect(stdout).toContain('"state":"captured"')
  const lines = async (file: string) => (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n')
  expect(JSON.parse((await lines('airports.ndjson'))[0]!)).toHaveProperty('iata')
  expect((await lines('movies.csv'))[0]).toMatch(/^Title,/)

  await deployment.stop()
  await rm(folder, { recursive: true })
})

// The job that comes before a new version: it brings databases up to date, and needs nothing else of an installation.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serviceNames } from '@waybill/contracts'
import { afterEach, beforeEach, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../src/migrate.ts', import.meta.url))
const migrationsOf = (folder: string) =>
  readdirSync(new URL(`../../../${folder}/migrations/`, import.meta.url)).map(file => file.replace(/\.sql$/, ''))
let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'waybill-home-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const migrate = (env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [program], { env: { WAYBILL_HOME: home, ...env }, encoding: 'utf8', timeout: 30_000 })

test('every migration of every service is applied, named and never applied again', () => {
  const first = migrate()
  expect(first).toMatchObject({ status: 0, stderr: '' })
  const lines = first.stdout.trim().split('\n')
  expect(lines.map(line => line.split(':')[0])).toEqual(serviceNames.map(name => `waybill migrated ${name}`))
  for (const [at, name] of serviceNames.entries()) {
    const files = [...migrationsOf('packages/platform'), ...migrationsOf(`services/${name}`)]
    expect(lines[at]!.split(': ')[1]!.split(' ').sort()).toEqual(files.sort())
  }
  expect(migrate().stdout).toBe(serviceNames.map(name => `waybill migrated ${name}: was up to date\n`).join(''))
})

test('it touches the databases of the services that are named, without the key that others need', () => {
  const { status, stdout } = migrate({ WAYBILL_SERVICES: 'payment', BROKER_URL: 'amqp://nobody.invalid' })
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^waybill migrated payment: .*\n$/)])
  expect(readdirSync(home).filter(file => file.endsWith('.sqlite'))).toEqual(['payment.sqlite'])
})

test('settings that are bad end it with 78 and a line', () => {
  expect(migrate({ USER_DATABASE_URL: 'postgres://' })).toMatchObject({
    status: 78,
    stderr: expect.stringMatching(/^USER_DATABASE_URL .*\n$/),
  })
})

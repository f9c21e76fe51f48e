// Every query that the four services run, asked of MySQL how it goes about it where its tables are large: by an index, and without sorting much.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readdirSync, readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import { createLogger } from '@waybill/platform/log'
import { openTestDatabases, startService, type TestHost } from '@waybill/platform/testing'
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadServices } from '../../apps/server/src/load-services.ts'
import { gatewaysOfService, type OpenedGateway } from '../../services/payment/test/gateways-under-test.ts'
import { enlarge, smallTables } from './large-tables.ts'
import { goEverywhere, operatorSettings } from './wide-journey.ts'

interface Statement {
  sql: string
  parameters: readonly unknown[]
}

/** More is too much to look at, or to sort, for one query. */
const rowsAtMost = 1_000
const largeTable = 100_000
/** Called by other functions of the daos only, where no wrapper sees it. */
const calledWithinDaos = ['payment listAttemptsOf', 'data findExport']
/** Called only where two instances race: one row by its primary key. */
const calledInRaces = ['payment findOpenAttempt']
/** What may look at more, and why. */
const allowed: Record<string, string> = {
  'select count(*) as `waiting`, min(`created_at`) as `oldest` from `outbox`':
    'a gauge that counts all that waits; it is few unless the broker is down',
}

let host: TestHost
let urls: Record<ServiceName, string>
let release: () => Promise<void>
let stripe: OpenedGateway
const statements = new Map<string, Statement>()
/** `order orderDao.findOrderById` of every dao function that was called. */
const called = new Set<string>()

const hear = (message: unknown) => {
  const statement = message as Statement
  // As it was run first: later the journey has moved the clock, and what was to come is past.
  if (!statements.has(statement.sql)) statements.set(statement.sql, statement)
}

beforeAll(async () => {
  const lines = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).trim().split('\n')) {
        const { service, layer, call } = JSON.parse(line) as Record<string, string>
        if (layer === 'dao') called.add(`${service} ${call}`)
      }
      done()
    },
  })
  subscribe('waybill:mysql:statement', hear)
  stripe = await gatewaysOfService.find(({ name }) => name === 'stripe')!.open()
  host = await startService(await loadServices(), {
    env: {
      ...stripe.env,
      ...operatorSettings,
      CALLBACK_ALLOW_PRIVATE: 'true',
      DATABASE_POOL_SIZE: '4',
      JWT_EXPIRES_IN: '10d',
      REFRESH_EXPIRES_IN: '30d',
    },
    log: createLogger({ name: 'test', level: 'debug', stream: lines }),
  })
  const databases = await openTestDatabases(host.home)
  ;({ urls, release } = databases)
  await goEverywhere(host, stripe.approved)
}, 120_000)
afterAll(async () => {
  unsubscribe('waybill:mysql:statement', hear)
  await host?.stop()
  await stripe?.close()
  await release?.()
})

test('the journey calls every function of every dao', async () => {
  const all = (await Promise.all(serviceNames.map(daoFunctions))).flat()
  expect(all.length).toBeGreaterThan(70)
  const unseen = new Set([...calledWithinDaos, ...calledInRaces])
  expect(all.filter(name => !called.has(name) && !unseen.has(name))).toEqual([])
})

test('the journey runs every kind of statement that the source holds, on every table', () => {
  const run = new Set([...statements.values()].map(({ sql }) => `${verbOf(sql)} ${tableOf(sql)}`))
  const written = verbsAndTablesIn(['packages/platform/src', ...serviceNames.map(name => `services/${name}/src`)])
  expect(written.length).toBeGreaterThan(40)
  expect(written.filter(pair => !run.has(pair))).toEqual([])
})

test('every statement goes by an index and sorts little where every table has 10^5 rows', async () => {
  const connections = Object.fromEntries(
    await Promise.all(serviceNames.map(async name => [name, await mysql.createConnection({ uri: urls[name] })])),
  ) as Record<ServiceName, Connection>
  await host.stop()
  await Promise.all(Object.values(connections).map(connection => enlarge(connection, largeTable)))
  const found: string[] = []
  let explained = 0
  for (const { sql, parameters } of statements.values()) {
    if (!['select', 'update', 'delete'].includes(verbOf(sql)) || smallTables.includes(tableOf(sql))) continue
    const service = await serviceWith(connections, tableOf(sql))
    if (!service) continue
    explained++
    const [plan] = await connections[service].query<RowDataPacket[]>(`explain ${sql}`, parameters as never[])
    for (const step of plan) {
      const trouble = troubleWith(step as PlanStep)
      if (trouble && !allowed[sql]) found.push(`${trouble}: ${sql}`)
    }
  }
  for (const connection of Object.values(connections)) await connection.end()
  expect(found).toEqual([])
  expect(explained).toBeGreaterThan(100)
  expect(Object.keys(allowed).filter(sql => !statements.has(sql))).toEqual([])
}, 120_000)

interface PlanStep {
  table: string | null
  type: string | null
  key: string | null
  rows: number | null
  Extra: string | null
}

/** As EXPLAIN says it on MySQL and MariaDB alike; undefined where a step is as it should be. */
function troubleWith({ table, type, key, rows, Extra }: PlanStep): string | undefined {
  const many = Number(rows ?? 0) > rowsAtMost
  // What a step before made is as large as that step.
  if (table === null || table.startsWith('<') || smallTables.includes(table)) return undefined
  // With a limit it counts on finding enough soon: where there is nothing to be found it reads to the end.
  if (type === 'index' && Extra?.includes('Using where')) return `goes along ${key} of ${table} and hopes`
  if (!many) return undefined
  if (type === 'ALL') return `looks at every row of ${table}`
  if (type === 'index') return `looks at the whole index ${key} of ${table}`
  return /filesort|temporary/.test(Extra ?? '') ? `sorts ${rows} rows of ${table}` : undefined
}

const verbOf = (sql: string) => sql.trimStart().split(/\s/)[0]!.toLowerCase()
const tableOf = (sql: string) => /\b(?:from|update|into) (?:\(select .*? from )?`(\w+)`/.exec(sql)?.[1] ?? ''

/** The service whose database has the table; the tables of the plumbing are in each. */
async function serviceWith(
  connections: Record<ServiceName, Connection>,
  table: string,
): Promise<ServiceName | undefined> {
  for (const service of ['order', 'payment', 'data', 'user'] as const) {
    const [rows] = await connections[service].query<RowDataPacket[]>(
      'select 1 from information_schema.tables where table_schema = database() and table_name = ?',
      [table],
    )
    if (rows.length > 0) return service
  }
  return undefined
}

/** `order findOrderById` for all that the daos of a service export. */
async function daoFunctions(service: ServiceName): Promise<string[]> {
  const folder = new URL(`../../services/${service}/src/dao/`, import.meta.url)
  const modules = await Promise.all(readdirSync(folder).map(file => import(new URL(file, folder).href)))
  const names = modules.flatMap(module => Object.entries(module).filter(([, member]) => typeof member === 'function'))
  return names.map(([name]) => `${service} ${name}`)
}

/** `select orders` for each `selectFrom('orders')` of the source, and so on. */
function verbsAndTablesIn(folders: string[]): string[] {
  const verbs: Record<string, string> = {
    selectFrom: 'select',
    updateTable: 'update',
    deleteFrom: 'delete',
    insertInto: 'insert',
  }
  const pairs = new Set<string>()
  for (const folder of folders) {
    const root = new URL(`../../${folder}/`, import.meta.url)
    for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue
      const source = readFileSync(new URL(file, root), 'utf8')
      for (const [, verb, table] of source.matchAll(/(selectFrom|updateTable|deleteFrom|insertInto)\('(\w+)'\)/g)) {
        if (!smallTables.includes(table!)) pairs.add(`${verbs[verb!]} ${table}`)
      }
    }
  }
  return [...pairs].sort()
}

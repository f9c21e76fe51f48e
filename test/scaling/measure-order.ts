// Measures what a delivered order leaves behind and sends: bytes in MySQL, table by table, and events. `node test/scaling/measure-order.ts` writes
// what it found to measured-order.json; it takes a minute and needs the engines.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EventType, eventCatalogue, type ServiceName, serviceNames } from '@waybill/contracts'
import { dropTestDatabases, newTestName } from '@waybill/platform/testing'
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import { createTestDatabases } from '../../packages/platform/src/testing/engines.ts'
import { tableStatements } from '../bench/floor/floor-tables.ts'
import { planSeeding, seedOrders } from '../bench/growth/seeded-orders.ts'
import { newCustomer } from '../system/customer.ts'
import { runServer } from '../system/running-server.ts'

export interface MeasuredOrder {
  at: string
  seeded: number
  engine: string
  /** Bytes an order in tables and indexes that keep it for good, and in those that forget it after a week. */
  keptBytes: number
  passingBytes: number
  /** Events an order publishes, and handlers that they reach. */
  published: number
  handled: number
}

const seeded = 100_000
const placed = 40
/** Handled messages are forgotten after a week. */
const passing = ['inbox', 'outbox']

const measured: MeasuredOrder = {
  at: new Date().toISOString(),
  seeded,
  ...(await measureBytes()),
  ...(await measureEvents()),
}
await writeFile(new URL('measured-order.json', import.meta.url), `${JSON.stringify(measured, undefined, 2)}\n`)
console.log(measured)

async function measureBytes() {
  const name = newTestName()
  const urls = await createTestDatabases(name)
  const open = async (service: ServiceName) => mysql.createConnection({ uri: urls[service] })
  const connections = new Map<ServiceName, Connection>()
  try {
    for (const service of serviceNames) {
      const connection = await open(service)
      connections.set(service, connection)
      for (const statement of tableStatements()) await connection.query(statement)
    }
    const target = {
      run: async (service: ServiceName, sql: string) => void (await connections.get(service)!.query(sql)),
      hex: (number: string) => `lower(lpad(hex(${number}), 12, '0'))`,
    }
    const { bytes: empty } = await sizes(connections)
    await seedOrders(target, planSeeding(seeded, 'the-customer', Date.now()))
    const { bytes: full, engine } = await sizes(connections)
    const grown = (isPassing: boolean) => {
      let sum = 0
      for (const [table, size] of full) {
        if (passing.some(it => table.endsWith(`.${it}`)) === isPassing) sum += size - (empty.get(table) ?? 0)
      }
      return Math.round(sum / seeded)
    }
    return { engine, keptBytes: grown(false), passingBytes: grown(true) }
  } finally {
    for (const connection of connections.values()) await connection.end()
    await dropTestDatabases(name)
  }
}

async function sizes(connections: Map<ServiceName, Connection>) {
  const bytes = new Map<string, number>()
  let engine = ''
  for (const [service, connection] of connections) {
    const [tables] = await connection.query<RowDataPacket[]>('show tables')
    for (const row of tables) await connection.query(`analyze table ${Object.values(row)[0]}`)
    const [rows] = await connection.query<RowDataPacket[]>(
      'select table_name as name, data_length + index_length as size, version() as version from information_schema.tables where table_schema = database()',
    )
    for (const { name, size, version } of rows) {
      bytes.set(`${service}.${name}`, Number(size))
      engine = version
    }
  }
  return { bytes, engine }
}

async function measureEvents() {
  const home = await mkdtemp(join(tmpdir(), 'waybill-measure-'))
  const server = await runServer(home)
  try {
    const customer = await newCustomer(server.url)
    const before = await publishedByType(server.url)
    for (let count = 0; count < placed; count++) {
      const items = [{ dataset: 'airports' }]
      const { process } = await customer.order({ items, payment: { token: 'tok_approve' } })
      await customer.finished(process.process_id)
    }
    const after = await publishedByType(server.url)
    let [published, handled] = [0, 0]
    for (const [type, count] of after) {
      const grown = (count - (before.get(type) ?? 0)) / placed
      published += grown
      handled += grown * eventCatalogue[type].consumers.length
    }
    return { published: Number(published.toFixed(2)), handled: Number(handled.toFixed(2)) }
  } finally {
    await server.stop()
    await rm(home, { recursive: true, force: true })
  }
}

async function publishedByType(url: string): Promise<Map<EventType, number>> {
  // The last captures are published a moment after their orders are final.
  await new Promise(resolve => setTimeout(resolve, 1_000))
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.matchAll(/^waybill_events_published_total\{[^}]*type="([^"]+)"[^}]*\} (\d+)/gm)
  return new Map([...lines].map(([, type, count]) => [type as EventType, Number(count)]))
}

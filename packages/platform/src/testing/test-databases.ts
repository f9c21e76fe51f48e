// The databases of the services under test: SQLite files in the folder of the test, or databases of its own on MySQL.
import { DatabaseSync } from 'node:sqlite'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import mysql, { type RowDataPacket } from 'mysql2/promise'
import { createTestDatabases, dropTestDatabases, newTestName } from './engines.ts'

export type TestRow = Record<string, unknown>

/** `TEST_DATABASE=mysql` runs on MySQL what else runs on SQLite. */
export const runsOnMysql = process.env.TEST_DATABASE === 'mysql'

export interface TestDatabases {
  readonly urls: Record<ServiceName, string>
  /** Asks a service's database, or changes it, behind the service's back. */
  query(service: ServiceName, sql: string, ...values: (string | number | null)[]): Promise<TestRow[]>
  /** The last who lets go of a folder's databases drops them. */
  release(): Promise<void>
}

interface Shared {
  users: number
  readonly name: string
  readonly urls: Promise<Record<ServiceName, string>>
}

const onMysql = new Map<string, Shared>()

/** The databases that belong to a folder: whoever opens the same folder gets the same ones. */
export async function openTestDatabases(home: string): Promise<TestDatabases> {
  return runsOnMysql ? openOnMysql(home) : openOnSqlite(home)
}

function openOnSqlite(home: string): TestDatabases {
  const fileOf = (service: ServiceName) => `${home}/${service}.sqlite`
  return {
    urls: Object.fromEntries(serviceNames.map(service => [service, `sqlite:${fileOf(service)}`])) as Record<
      ServiceName,
      string
    >,
    async query(service, sql, ...values) {
      const database = new DatabaseSync(fileOf(service), { timeout: 5_000 })
      try {
        return database.prepare(sql).all(...values)
      } finally {
        database.close()
      }
    },
    // They go with their folder.
    release: async () => {},
  }
}

async function openOnMysql(home: string): Promise<TestDatabases> {
  let shared = onMysql.get(home)
  if (!shared) {
    const name = newTestName()
    shared = { users: 0, name, urls: createTestDatabases(name) }
    onMysql.set(home, shared)
  }
  shared.users++
  const { name } = shared
  const urls = await shared.urls
  let released = false
  return {
    urls,
    async query(service, sql, ...values) {
      const connection = await mysql.createConnection({ uri: urls[service] })
      try {
        const [rows] = await connection.query<RowDataPacket[]>(sql, values)
        return Array.isArray(rows) ? rows : []
      } finally {
        await connection.end()
      }
    },
    async release() {
      if (released) return
      released = true
      shared.users--
      if (shared.users > 0) return
      onMysql.delete(home)
      await dropTestDatabases(name)
    },
  }
}

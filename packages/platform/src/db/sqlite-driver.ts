// Lets Kysely speak to node:sqlite: one writing connection that is handed out one at a time, one for reading beside it.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type CompiledQuery, type DatabaseConnection, type Driver, type QueryResult, SelectQueryNode } from 'kysely'

export interface SqliteOptions {
  file: string
  /** `full` (default): a commit is on the disk when it answers. `normal`: a power cut may lose the last ones, a crash of the process never. */
  synchronous: 'full' | 'normal'
}

const statementsKept = 500

interface Prepared {
  statement: StatementSync
  /** Asked once: to describe the columns of a row costs more than to read it. */
  hasRows: boolean
}

/** One connection and its prepared statements, kept by their text. */
class PreparedConnection {
  readonly database: DatabaseSync
  readonly #statements = new Map<string, Prepared>()

  constructor(options: SqliteOptions) {
    this.database = new DatabaseSync(options.file, { timeout: 5_000 })
    this.database.exec(
      `pragma journal_mode = wal; pragma synchronous = ${options.synchronous}; pragma foreign_keys = on; ` +
        'pragma temp_store = memory; pragma cache_size = -16000; pragma wal_autocheckpoint = 4000',
    )
  }

  execute(sql: string, parameters: readonly unknown[]): QueryResult<never> {
    const { statement, hasRows } = this.#prepare(sql)
    const values = parameters as SQLInputValue[]
    if (hasRows) return { rows: statement.all(...values) as never[] }
    const { changes, lastInsertRowid } = statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#statements.get(sql)
    if (!prepared) {
      if (this.#statements.size >= statementsKept) this.#statements.delete(this.#statements.keys().next().value!)
      const statement = this.database.prepare(sql)
      prepared = { statement, hasRows: statement.columns().length > 0 }
      this.#statements.set(sql, prepared)
    }
    return prepared
  }

  close(): void {
    this.#statements.clear()
    this.database.close()
  }
}

/** Hands the writing connection to one holder after the other. */
class Turn {
  #last: Promise<void> = Promise.resolve()

  async take(): Promise<() => void> {
    const before = this.#last
    let release!: () => void
    this.#last = new Promise(resolve => {
      release = resolve
    })
    await before
    return release
  }
}

const readingText = /^\s*(select|explain|with)\b/i

function isRead(query: CompiledQuery): boolean {
  return SelectQueryNode.is(query.query as never) || (query.query.kind === 'RawNode' && readingText.test(query.sql))
}

class SqliteConnection implements DatabaseConnection {
  readonly #driver: SqliteDriver
  endTurn: (() => void) | undefined

  constructor(driver: SqliteDriver) {
    this.#driver = driver
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.endTurn) return this.#driver.writer.execute(query.sql, query.parameters)
    if (isRead(query)) return this.#driver.reader.execute(query.sql, query.parameters)
    const endTurn = await this.#driver.turn.take()
    try {
      return this.#driver.writer.execute(query.sql, query.parameters)
    } finally {
      endTurn()
    }
  }

  // biome-ignore lint/correctness/useYield: streaming is refused, a page of keys at a time is the house's way
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('SQLite queries are not streamed: page by key instead')
  }
}

/** Kysely's driver for node:sqlite. A transaction holds the writing connection; reads outside of one never wait for it (WAL). */
export class SqliteDriver implements Driver {
  readonly #options: SqliteOptions
  readonly turn = new Turn()
  writer!: PreparedConnection
  reader!: PreparedConnection

  constructor(options: SqliteOptions) {
    this.#options = options
  }

  async init(): Promise<void> {
    this.writer = new PreparedConnection(this.#options)
    this.reader = new PreparedConnection(this.#options)
    this.reader.database.exec('pragma query_only = on')
  }

  async acquireConnection(): Promise<SqliteConnection> {
    return new SqliteConnection(this)
  }

  async beginTransaction(connection: SqliteConnection): Promise<void> {
    connection.endTurn = await this.turn.take()
    try {
      this.writer.execute('begin immediate', [])
    } catch (error) {
      this.#end(connection)
      throw error
    }
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    this.writer.execute('commit', [])
    this.#end(connection)
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    try {
      // SQLite may have rolled back by itself (disk full); then there is nothing left to end.
      if (this.writer.database.isTransaction) this.writer.execute('rollback', [])
    } finally {
      this.#end(connection)
    }
  }

  #end(connection: SqliteConnection): void {
    connection.endTurn?.()
    connection.endTurn = undefined
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.reader?.close()
    this.writer?.close()
  }
}

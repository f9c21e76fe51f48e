// Lets Kysely speak to node:sqlite: one writing connection that is handed out one at a time, one for reading beside it.
import { type FileHandle, open } from 'node:fs/promises'
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

  constructor(file: string) {
    this.database = new DatabaseSync(file, { timeout: 5_000 })
    this.database.exec(
      'pragma journal_mode = wal; pragma synchronous = normal; pragma foreign_keys = on; ' +
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

/**
 * The write-ahead log, which a commit has been written to when SQLite answers. SQLite itself would wait for the disk on the
 * thread that answers HTTP: for milliseconds, and for tens of them beside a large export.
 */
class Log {
  readonly #handle: FileHandle

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** For as long as a connection is open, which keeps the file the same. SQLite locks others: to close this one unlocks nothing. */
  static async of(databaseFile: string): Promise<Log> {
    return new Log(await open(`${databaseFile}-wal`, 'r+'))
  }

  /** What was committed before the call is on the disk when it answers. */
  reachDisk(): Promise<void> {
    return this.#handle.datasync()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

const readingText = /^\s*(select|explain|with)\b/i

function isRead(query: CompiledQuery): boolean {
  return SelectQueryNode.is(query.query as never) || (query.query.kind === 'RawNode' && readingText.test(query.sql))
}

class SqliteConnection implements DatabaseConnection {
  readonly #driver: SqliteDriver
  endTurn: (() => void) | undefined
  /** In the transaction that it holds. */
  hasWritten = false

  constructor(driver: SqliteDriver) {
    this.#driver = driver
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.endTurn) {
      this.hasWritten ||= !isRead(query)
      return this.#driver.writer.execute(query.sql, query.parameters)
    }
    if (isRead(query)) return this.#driver.reader.execute(query.sql, query.parameters)
    return this.#driver.write(query)
  }

  // biome-ignore lint/correctness/useYield: streaming is refused, a page of keys at a time is the house's way
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('SQLite queries are not streamed: page by key instead')
  }
}

/** Kysely's driver for node:sqlite. A transaction holds the writing connection; reads outside of one never wait for it (WAL). */
export class SqliteDriver implements Driver {
  readonly #options: SqliteOptions
  /** None where commits need not outlive a power cut. */
  #log: Log | undefined
  readonly #turn = new Turn()
  writer!: PreparedConnection
  reader!: PreparedConnection

  constructor(options: SqliteOptions) {
    this.#options = options
  }

  async init(): Promise<void> {
    const { file, synchronous } = this.#options
    this.writer = new PreparedConnection(file)
    this.reader = new PreparedConnection(file)
    // The first read makes the log where there is none.
    this.reader.database.exec('pragma query_only = on; select 1 from sqlite_schema')
    if (synchronous === 'full') this.#log = await Log.of(file)
  }

  async acquireConnection(): Promise<SqliteConnection> {
    return new SqliteConnection(this)
  }

  /** A statement that is a transaction of its own. */
  async write<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const endTurn = await this.#turn.take()
    let result: QueryResult<R>
    try {
      result = this.writer.execute(sql, parameters)
    } finally {
      endTurn()
    }
    await this.#log?.reachDisk()
    return result
  }

  async beginTransaction(connection: SqliteConnection): Promise<void> {
    connection.endTurn = await this.#turn.take()
    connection.hasWritten = false
    try {
      this.writer.execute('begin immediate', [])
    } catch (error) {
      this.#end(connection)
      throw error
    }
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    this.writer.execute('commit', [])
    // Others write meanwhile: what they commit is not on the disk before this is.
    this.#end(connection)
    if (connection.hasWritten) await this.#log?.reachDisk()
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    // Committed, and then the disk failed: by now the writing connection is another's.
    if (!connection.endTurn) return
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
    await this.#log?.close()
    this.reader?.close()
    this.writer?.close()
  }
}

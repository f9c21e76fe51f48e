// Lets Kysely speak to MySQL and MariaDB through a pool of mysql2: prepared statements, a time limit for each, UTC.
import { channel } from 'node:diagnostics_channel'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  SelectQueryNode,
  type TransactionSettings,
} from 'kysely'
import { createPool, type Pool, type PoolConnection, type PoolOptions, type ResultSetHeader } from 'mysql2'
import { TransactionConflict } from './database.ts'
import { InsertBuffer, type RowInsert } from './insert-buffer.ts'
import { asCallersSee, isConflict, isLost, isUndone } from './mysql-errors.ts'

const connectMilliseconds = 5_000
/** Longer than any statement of ours takes; what does not answer by then is taken for lost. */
const statementMilliseconds = 20_000
const preparedAtMost = 400

/**
 * Read committed: what is guarded is guarded by the state that an update names, and no gap is locked that nobody asked for.
 * Waiting for a row ends before our own patience does.
 */
const sessionStatements = [
  'set session transaction isolation level read committed',
  "set session time_zone = '+00:00', innodb_lock_wait_timeout = 3, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
]

/** Not for the server: from here to its end, the transaction holds its inserts back and writes them many at a time. */
export const gatherInserts = CompiledQuery.raw('gather inserts')
/** Not for the server either: writes what is held back. */
export const writeInserts = CompiledQuery.raw('write inserts')

/** The commit was sent and its answer was lost: it may have happened. */
export class CommitUncertain extends Error {
  override readonly name = 'CommitUncertain'
}

/** Hears each statement as { sql, parameters }: for tests that look at indexes and count round trips. */
const statements = channel('waybill:mysql:statement')

/** One of the inserts that were held back cannot be: not the fault of whoever asked for something next. Each is to be run alone. */
class InsertsRefused extends TransactionConflict {
  override readonly name = 'InsertsRefused'

  constructor(cause: unknown) {
    super(`inserts were refused: ${(cause as Error).message}`, { cause })
  }
}

class MysqlConnection implements DatabaseConnection {
  readonly #driver: MysqlDriver
  raw: PoolConnection
  /** Inserts that wait for others of their kind; there while a shared transaction runs. */
  buffer: InsertBuffer | undefined
  isInTransaction = false
  isBroken = false
  #before: Promise<void> = Promise.resolve()
  #undoneBy: unknown

  constructor(driver: MysqlDriver, raw: PoolConnection) {
    this.#driver = driver
    this.raw = raw
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (query === gatherInserts) {
      this.buffer = new InsertBuffer()
      return { rows: [] }
    }
    if (query === writeInserts) {
      await this.flush()
      return { rows: [] }
    }
    if (this.buffer) {
      if ('insertsInto' in query) {
        this.buffer.add(query as RowInsert)
        // Taken to succeed: where the row is there already, the flush fails and every caller is run again alone.
        return { rows: [], numAffectedRows: 1n }
      }
      if (!this.buffer.isEmpty) await this.flush(query)
    }
    if (this.isInTransaction) return this.run<R>(query.sql, query.parameters)
    try {
      return await this.run<R>(query.sql, query.parameters)
    } catch (error) {
      if (!isLost(error) || !SelectQueryNode.is(query.query as never)) throw asCallersSee(error)
    }
    // A read that met a connection which had died in the pool: a fresh one answers, or says that there is none.
    await this.renew()
    try {
      return await this.run<R>(query.sql, query.parameters)
    } catch (error) {
      throw asCallersSee(error)
    }
  }

  /** Writes the inserts that `next` may see; all of them without one. */
  async flush(next?: CompiledQuery): Promise<void> {
    const held = this.buffer?.takeFor(next) ?? []
    try {
      for (const { sql, parameters } of held) await this.run(sql, parameters)
    } catch (error) {
      if (isLost(error) || isConflict(error)) throw error
      throw new InsertsRefused(error)
    }
  }

  /**
   * The callers of a shared transaction know nothing of each other. A deadlock makes the server undo all of it: what another
   * sent after that would stand alone and stay, so in a transaction each statement waits for the one before.
   */
  run<R>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<R>> {
    if (!this.isInTransaction) return this.#execute(sql, parameters)
    const result = this.#before.then(() => {
      if (this.#undoneBy) throw this.#undoneBy
      return this.#execute<R>(sql, parameters)
    })
    this.#before = result.then(
      () => {},
      error => {
        if (isUndone(error)) this.#undoneBy = error
      },
    )
    return result
  }

  /** For one that died in the pool. */
  async renew(): Promise<void> {
    this.raw.destroy()
    this.isBroken = true
    this.raw = await this.#driver.connect()
    this.isBroken = false
  }

  begun(): void {
    this.isInTransaction = true
    this.#undoneBy = undefined
  }

  #execute<R>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<R>> {
    if (statements.hasSubscribers) statements.publish({ sql, parameters })
    return new Promise((resolve, reject) => {
      const options = { sql, values: parameters as never[], timeout: statementMilliseconds }
      this.raw.execute(options, (error, result) => {
        if (error) {
          if (isLost(error)) this.isBroken = true
          reject(error)
        } else if (Array.isArray(result)) {
          resolve({ rows: result as R[] })
        } else {
          const { affectedRows } = result as ResultSetHeader
          resolve({ rows: [], numAffectedRows: BigInt(affectedRows) })
        }
      })
    })
  }

  /** What the prepared protocol does not take, or what is not worth a statement of its own. */
  say(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.raw.query({ sql, timeout: statementMilliseconds }, error => {
        if (!error) return resolve()
        if (isLost(error)) this.isBroken = true
        reject(error)
      })
    })
  }

  // biome-ignore lint/correctness/useYield: streaming is refused, a page of keys at a time is the house's way
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('queries are not streamed: page by key instead')
  }
}

/** Kysely's driver for MySQL 8 and MariaDB 10.6+. */
export class MysqlDriver implements Driver {
  readonly #options: PoolOptions
  #pool!: Pool
  #inUse = 0
  #waiting = 0

  /** `uri`: mysql://user:password@host:port/database */
  constructor(uri: string, poolSize: number) {
    this.#options = {
      uri,
      connectionLimit: poolSize,
      maxIdle: poolSize,
      charset: 'utf8mb4_bin',
      timezone: 'Z',
      connectTimeout: connectMilliseconds,
      maxPreparedStatements: preparedAtMost,
      enableKeepAlive: true,
    }
  }

  async init(): Promise<void> {
    this.#pool = createPool(this.#options)
  }

  counts(): { inUse: number; waiting: number } {
    return { inUse: this.#inUse, waiting: this.#waiting }
  }

  async acquireConnection(): Promise<MysqlConnection> {
    this.#waiting++
    try {
      const connection = new MysqlConnection(this, await this.connect())
      this.#inUse++
      return connection
    } finally {
      this.#waiting--
    }
  }

  /** A connection whose session is set up; throws DatabaseUnavailable where there is none to be had. */
  connect(): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      this.#pool.getConnection((error, raw) => {
        if (error) return reject(asCallersSee(error))
        if (isSetUp.has(raw)) return resolve(raw)
        setUp(raw).then(
          () => resolve(raw),
          failure => {
            raw.destroy()
            reject(asCallersSee(failure))
          },
        )
      })
    })
  }

  async beginTransaction(connection: MysqlConnection, settings: TransactionSettings): Promise<void> {
    try {
      await sayBegin(connection, settings)
    } catch (error) {
      if (!isLost(error)) throw error
      // Nothing was asked of it yet: a fresh one will do, or says that there is none.
      await connection.renew()
      await sayBegin(connection, settings)
    }
    connection.begun()
  }

  async commitTransaction(connection: MysqlConnection): Promise<void> {
    await connection.flush()
    try {
      await connection.say('commit')
    } catch (error) {
      if (isLost(error)) throw new CommitUncertain('the answer to a commit was lost', { cause: error })
      throw error
    }
    this.#end(connection)
  }

  async rollbackTransaction(connection: MysqlConnection): Promise<void> {
    this.#end(connection)
    // The server undoes what a lost connection has left open.
    if (connection.isBroken) return
    try {
      await connection.say('rollback')
    } catch (error) {
      connection.isBroken = true
      if (!isLost(error)) throw error
    }
  }

  #end(connection: MysqlConnection): void {
    connection.isInTransaction = false
    connection.buffer = undefined
  }

  async releaseConnection(connection: MysqlConnection): Promise<void> {
    this.#inUse--
    if (connection.isBroken) connection.raw.destroy()
    else connection.raw.release()
  }

  async destroy(): Promise<void> {
    if (!this.#pool) return
    await new Promise<void>((resolve, reject) => this.#pool.end(error => (error ? reject(error) : resolve())))
  }
}

async function sayBegin(
  connection: MysqlConnection,
  { isolationLevel, accessMode }: TransactionSettings,
): Promise<void> {
  if (isolationLevel) await connection.say(`set transaction isolation level ${isolationLevel}, ${accessMode}`)
  await connection.say('begin')
}

const isSetUp = new WeakSet<PoolConnection>()

async function setUp(raw: PoolConnection): Promise<void> {
  // A connection that dies while nobody uses it must not take the process with it; the pool drops it.
  raw.on('error', () => {})
  for (const sql of sessionStatements) {
    await new Promise<void>((resolve, reject) =>
      raw.query({ sql, timeout: statementMilliseconds }, error => (error ? reject(error) : resolve())),
    )
  }
  isSetUp.add(raw)
}

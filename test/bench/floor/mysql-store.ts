// Raw mysql2 under the floors of the engines: prepared statements on a pool, nothing between.
import mysql, { type Connection, type Pool, type PoolConnection } from 'mysql2'
import type { FloorStore, Row, Step, Value, Write } from './floor-store.ts'

/** As ours has it by default. */
const poolSize = 10
/** The most rows of one insert: each size is a statement that is prepared once. */
const rowsAtMost = 64

type Statement = [sql: string, values: Value[]]

/** The tables must stand there already. */
export function openMysqlStore(url: string): FloorStore {
  const pool = openPool(url, poolSize)
  // One transaction at a time needs one connection: what is prepared there is found again.
  const gatheringPool = openPool(url, 1)
  const gathering = new Gathering(gatheringPool)
  return {
    commitEach: step => inTransaction(pool, () => step(Date.now()).map(statementOf)),
    commitTogether: step => gathering.commit(step),
    read: (sql, values) => execute(pool, sql, values) as Promise<Row[]>,
    change: (sql, values) => again(async () => void (await execute(pool, sql, values))),
    async close() {
      await Promise.all([end(pool), end(gatheringPool)])
    },
  }
}

function openPool(url: string, connectionLimit: number): Pool {
  const pool = mysql.createPool({ uri: url, connectionLimit, maxPreparedStatements: 2_000 })
  // Ours runs on it too: without it, updates of neighbouring rows wait for each other.
  pool.on('connection', connection => connection.query('set session transaction isolation level read committed'))
  return pool
}

function end(pool: Pool): Promise<void> {
  return new Promise((resolve, reject) => pool.end(error => (error ? reject(error) : resolve())))
}

/** The steps that come while a transaction is under way are the next one's members: two at a time would each be half as full. */
class Gathering {
  readonly #pool: Pool
  #waiting: { step: Step; resolve: () => void; reject: (error: unknown) => void }[] = []
  #underWay = false
  #scheduled = false

  constructor(pool: Pool) {
    this.#pool = pool
  }

  commit(step: Step): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ step, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay || this.#waiting.length === 0) return
    this.#scheduled = true
    // The check phase comes after all sockets of this turn were read.
    setImmediate(() => {
      this.#scheduled = false
      void this.#commitAll()
    })
  }

  async #commitAll(): Promise<void> {
    const members = this.#waiting
    this.#waiting = []
    this.#underWay = true
    try {
      await inTransaction(this.#pool, () => {
        const at = Date.now()
        return gather(members.flatMap(({ step }) => step(at)))
      })
      for (const { resolve } of members) resolve()
    } catch (error) {
      for (const { reject } of members) reject(error)
    }
    this.#underWay = false
    this.#schedule()
  }
}

/** Rows of one table become multi-row inserts; changes that are the same but for their key become one. */
export function gather(writes: Write[]): Statement[] {
  const statements: Statement[] = []
  const inserts = Map.groupBy(
    writes.filter(write => 'into' in write),
    ({ into }) => into,
  )
  for (const [into, members] of inserts) {
    for (const some of inSizes(members)) {
      const row = `(${some[0]!.row.map(() => '?')})`
      statements.push([`insert into ${into} values ${some.map(() => row)}`, some.flatMap(write => write.row)])
    }
  }
  const changes = Map.groupBy(
    writes.filter(write => 'change' in write),
    ({ change, where, values }) => JSON.stringify([change, where, values]),
  )
  for (const members of changes.values()) {
    for (const some of inSizes(members)) {
      const { change, where, values } = some[0]!
      statements.push([
        `${change} where ${where} in (${some.map(() => '?')})`,
        [...values, ...some.map(write => write.key)],
      ])
    }
  }
  return statements
}

function* inSizes<T>(members: T[]): Generator<T[]> {
  for (let at = 0; at < members.length; at += rowsAtMost) yield members.slice(at, at + rowsAtMost)
}

function statementOf(write: Write): Statement {
  if ('into' in write) return [`insert into ${write.into} values (${write.row.map(() => '?')})`, write.row]
  return [`${write.change} where ${write.where} = ?`, [...write.values, write.key]]
}

function inTransaction(pool: Pool, write: () => Statement[]): Promise<void> {
  return again(async () => {
    const connection = await take(pool)
    try {
      await query(connection, 'begin')
      for (const [sql, values] of write()) await execute(connection, sql, values)
      await query(connection, 'commit')
    } catch (error) {
      await query(connection, 'rollback')
      throw error
    } finally {
      connection.release()
    }
  })
}

/** Until it is no longer the one that a deadlock was solved with. */
async function again(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if ((error as { code?: string }).code !== 'ER_LOCK_DEADLOCK') throw error
    }
  }
}

function take(pool: Pool): Promise<PoolConnection> {
  return new Promise((resolve, reject) =>
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))),
  )
}

function query(connection: Connection, sql: string): Promise<unknown> {
  return new Promise((resolve, reject) =>
    connection.query(sql, (error, result) => (error ? reject(error) : resolve(result))),
  )
}

function execute(on: Pool | Connection, sql: string, values: Value[]): Promise<unknown> {
  return new Promise((resolve, reject) =>
    on.execute(sql, values, (error, result) => (error ? reject(error) : resolve(result))),
  )
}

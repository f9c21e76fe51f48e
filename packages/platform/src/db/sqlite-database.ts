// A service's database on SQLite: transactions of concurrent callers share one commit, with a savepoint for each.
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { CompiledQuery, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely'
import { endOfTurn, enlist, gather, type Member, membersAtMost, triesAtMost } from './commit-sharing.ts'
import { type Database, type Db, TransactionConflict, type Tx } from './database.ts'
import { SqliteDriver } from './sqlite-driver.ts'
import { collectHooks, type Hook } from './transaction-hooks.ts'

interface Outcome {
  settle: () => void
  reject: (error: unknown) => void
  hooks: Hook[]
  inContext: <R>(run: () => R) => R
}

/** No commit is held open for longer: the first of its callers is waiting. */
const holdMilliseconds = 2

class SqliteDatabase<T> implements Database<T> {
  readonly engine = 'sqlite'
  readonly db: Kysely<T>
  readonly #waiting: Member<T>[] = []
  #running: Promise<void> | undefined
  #sharedBy = 1

  constructor(db: Kysely<T>) {
    this.db = db
  }

  async transaction<R>(work: (tx: Tx<T>) => Promise<R>): Promise<R> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#join(work)
      } catch (error) {
        if (!(error instanceof TransactionConflict) || tries === triesAtMost) throw error
      }
    }
  }

  #join<R>(work: (tx: Tx<T>) => Promise<R>): Promise<R> {
    const done = enlist(this.#waiting, work)
    this.#running ??= this.#drain()
    return done
  }

  async #drain(): Promise<void> {
    await endOfTurn()
    while (this.#waiting.length > 0) {
      await gather(this.#waiting.length, this.#sharedBy)
      this.#sharedBy = await this.#commitTogether()
    }
    this.#running = undefined
  }

  /** Answers how many shared the commit. */
  async #commitTogether(): Promise<number> {
    const done: Outcome[] = []
    try {
      await this.db.transaction().execute(async tx => {
        const until = performance.now() + holdMilliseconds
        do {
          await this.#runMember(tx, this.#waiting.shift()!, done)
        } while (this.#waiting.length > 0 && done.length < membersAtMost && performance.now() < until)
      })
    } catch (error) {
      // The first member's own failure undid the transaction, and nobody else was in it yet.
      if (error instanceof FirstMemberFailed) return 1
      for (const outcome of done) outcome.reject(error)
      // A transaction that could not even begin must fail its first caller, or it would be tried for ever.
      if (done.length === 0) this.#waiting.shift()?.reject(error)
      return 1
    }
    for (const outcome of done) outcome.settle()
    for (const { hooks, inContext } of done) for (const hook of hooks) inContext(hook)
    return done.length
  }

  /** A savepoint for each member but the first: one that fails undoes its own writes and nobody else's. */
  async #runMember(tx: Tx<T>, member: Member<T>, done: Outcome[]): Promise<void> {
    const { inContext } = member
    const isFirst = done.length === 0
    if (!isFirst) await tx.executeQuery(savepoint)
    try {
      const { value, hooks } = await collectHooks(tx, () => inContext(() => member.work(tx)))
      if (!isFirst) await tx.executeQuery(release)
      done.push({ settle: () => member.resolve(value as never), reject: member.reject, hooks, inContext })
    } catch (error) {
      if (isFirst) {
        member.reject(error)
        throw new FirstMemberFailed()
      }
      done.push({ settle: () => member.reject(error), reject: member.reject, hooks: [], inContext })
      await tx.executeQuery(undo)
    }
  }

  /** The single writer is as good a moment as any: nobody else writes meanwhile. */
  snapshot<R>(read: (db: Db<T>) => Promise<R>): Promise<R> {
    return this.transaction(read)
  }

  async now(): Promise<number> {
    return Date.now()
  }

  pool() {
    return { size: 1, inUse: this.#running ? 1 : 0, waiting: this.#waiting.length }
  }

  async ping(): Promise<void> {
    await sql`select 1`.execute(this.db)
  }

  async close(): Promise<void> {
    await this.#running
    await this.db.destroy()
  }
}

/** Undoes the transaction that only its first member has written to. */
class FirstMemberFailed extends Error {}

const savepoint = CompiledQuery.raw('savepoint member')
const release = CompiledQuery.raw('release savepoint member')
const undo = CompiledQuery.raw('rollback to savepoint member')

/**
 * Opens `sqlite:<file>`, made with its folder when missing. `sqlite::memory:` is no database for us: a reader beside the
 * writer would see another one.
 */
export function openSqliteDatabase<T>(url: string, synchronous: 'full' | 'normal'): Database<T> {
  const file = url.slice('sqlite:'.length)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const driver = new SqliteDriver({ file, synchronous })
  return new SqliteDatabase(
    new Kysely<T>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => driver,
        createIntrospector: db => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    }),
  )
}

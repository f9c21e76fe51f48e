// A service's database: transactions of concurrent callers share one commit, and hooks run after it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  CompiledQuery,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
  type Transaction,
} from 'kysely'
import { SqliteDriver } from './sqlite-driver.ts'

/** What a dao takes that only reads, or writes a single row: the database itself or a transaction. */
export type Db<T> = Kysely<T>
/** What a dao takes that needs a transaction. */
export type Tx<T> = Transaction<T>

/** A transaction of whatever tables: what the plumbing takes. A plain database is none, the compiler says so. */
export interface AnyTx {
  readonly isTransaction: true
}

type Hook = () => void

const hooksOf = new WeakMap<object, Hook[]>()

/** Runs `hook` once the transaction `tx` has been committed; never when it is rolled back. */
export function afterCommit(tx: AnyTx, hook: Hook): void {
  const hooks = hooksOf.get(tx)
  if (!hooks) throw new Error('afterCommit needs a running transaction of Database.transaction')
  hooks.push(hook)
}

export interface Database<T> {
  /** For reads outside of a transaction. */
  readonly db: Db<T>
  /**
   * Runs `work` in a transaction and answers when it is committed. Throws what `work` throws, after undoing all that it wrote.
   * Concurrent calls share one commit; each keeps its own outcome. `work` may await the database only: anything slower
   * would hold up every other writer.
   */
  transaction<R>(work: (tx: Tx<T>) => Promise<R>): Promise<R>
  ping(): Promise<void>
  close(): Promise<void>
}

interface Member<T> {
  work: (tx: Tx<T>) => Promise<unknown>
  /** Runs a function in the context of this caller: the commit is shared, request ids and traces are not. */
  inContext: <R>(run: () => R) => R
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

interface Outcome {
  settle: () => void
  reject: (error: unknown) => void
  hooks: Hook[]
  inContext: <R>(run: () => R) => R
}

/** No commit holds more callers than this, nor for longer: the first of them is waiting. */
const membersAtMost = 128
const holdMilliseconds = 2
/** Under load a commit waits so long for callers to share it, unless so many are there already. */
const gatherMilliseconds = 1
const membersWorthACommit = 16

class SharedCommitDatabase<T> implements Database<T> {
  readonly db: Kysely<T>
  readonly #waiting: Member<T>[] = []
  #running: Promise<void> | undefined
  #sharedBy = 1

  constructor(db: Kysely<T>) {
    this.db = db
  }

  transaction<R>(work: (tx: Tx<T>) => Promise<R>): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const inContext = AsyncLocalStorage.snapshot()
      this.#waiting.push({ work, inContext, resolve: resolve as (value: never) => void, reject })
      this.#running ??= this.#drain()
    })
  }

  async #drain(): Promise<void> {
    // One turn of the event loop: every request read from the sockets in this turn gets to share the commit.
    await new Promise(resolve => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      // Where the last commit was shared there is load: then a moment's wait brings more together. Nobody waits alone.
      if (this.#sharedBy > 1 && this.#waiting.length < membersWorthACommit) {
        await new Promise(resolve => setTimeout(resolve, gatherMilliseconds))
      }
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
    const hooks: Hook[] = []
    hooksOf.set(tx, hooks)
    try {
      const value = await inContext(() => member.work(tx))
      if (!isFirst) await tx.executeQuery(release)
      done.push({ settle: () => member.resolve(value as never), reject: member.reject, hooks, inContext })
    } catch (error) {
      if (isFirst) {
        member.reject(error)
        throw new FirstMemberFailed()
      }
      done.push({ settle: () => member.reject(error), reject: member.reject, hooks: [], inContext })
      await tx.executeQuery(undo)
    } finally {
      hooksOf.delete(tx)
    }
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
 * Opens a database by its URL: `sqlite:<file>` (made with its folder when missing) or `sqlite::memory:` is refused, for a
 * reader beside the writer would see another database.
 */
export function openDatabase<T>(url: string, options: { synchronous?: 'full' | 'normal' } = {}): Database<T> {
  if (!url.startsWith('sqlite:'))
    throw new Error(`database URL "${url.split(':')[0]}:…" is not supported: use sqlite:<file>`)
  const file = url.slice('sqlite:'.length)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const driver = new SqliteDriver({ file, synchronous: options.synchronous ?? 'full' })
  return new SharedCommitDatabase(
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

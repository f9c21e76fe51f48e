// A service's database on MySQL or MariaDB: concurrent callers share a commit, their inserts share statements, and each keeps its own outcome.
import { channel } from 'node:diagnostics_channel'
import { setTimeout as wait } from 'node:timers/promises'
import { Kysely, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler, sql } from 'kysely'
import { withoutContext } from '../log/index.ts'
import { endOfTurn, enlist, gather, type Member, membersAtMost, triesAtMost } from './commit-sharing.ts'
import { type Database, DatabaseUnavailable, type Db, type Tx } from './database.ts'
import { CommitUncertain, gatherInserts, MysqlDriver, writeInserts } from './mysql-driver.ts'
import { asCallersSee, isConflict, isLockWait, isLost } from './mysql-errors.ts'
import { mergeStatements, mergeWith } from './statement-merger.ts'
import { collectHooks, type Hook } from './transaction-hooks.ts'

/** One shared transaction after the other, while somebody waits for one. */
interface Worker {
  isSlow: boolean
  ended: Promise<void>
}

interface Done<T> {
  member: Member<T>
  value: unknown
  hooks: Hook[]
}

const transactionsAtOnce = 3
/** Such a transaction waits for a row, or has much to do: the others do not wait for it. */
const slowMilliseconds = 20
/** As many run alone beside each other; less than the smallest pool has. */
const lanes = 3

/** Hears { members, error } whenever a shared transaction has to be run again: for tests and measurements. */
const reruns = channel('waybill:mysql:rerun')

class MysqlDatabase<T> implements Database<T> {
  readonly engine = 'mysql'
  readonly db: Kysely<T>
  readonly #driver: MysqlDriver
  readonly #poolSize: number
  readonly #waiting: Member<T>[] = []
  readonly #workers = new Set<Worker>()

  constructor(db: Kysely<T>, driver: MysqlDriver, poolSize: number) {
    this.db = db
    this.#driver = driver
    this.#poolSize = poolSize
    mergeStatements(db as never, { readsOnly: true })
  }

  transaction<R>(work: (tx: Tx<T>) => Promise<R>, about?: string): Promise<R> {
    const done = enlist(this.#waiting, work, about)
    this.#addWorkerIfNeeded()
    return done
  }

  /** One at a time shares most; only beside those that take their time another begins. */
  #addWorkerIfNeeded(): void {
    const isEveryoneSlow = [...this.#workers].every(worker => worker.isSlow)
    if (this.#waiting.length === 0 || !isEveryoneSlow || this.#workers.size >= transactionsAtOnce) return
    const worker: Worker = { isSlow: false, ended: Promise.resolve() }
    this.#workers.add(worker)
    // The first of its callers is not who it works for.
    worker.ended = withoutContext(() => this.#drain(worker))
  }

  async #drain(worker: Worker): Promise<void> {
    let sharedBy = 1
    await endOfTurn()
    try {
      while (this.#waiting.length > 0) {
        await gather(this.#waiting.length, sharedBy)
        const slow = setTimeout(() => {
          worker.isSlow = true
          this.#addWorkerIfNeeded()
        }, slowMilliseconds)
        sharedBy = await this.#commitTogether()
        clearTimeout(slow)
        worker.isSlow = false
      }
    } finally {
      // In the same breath as the look at who waits: whoever comes now must find that nobody is at work.
      this.#workers.delete(worker)
    }
  }

  /**
   * One transaction of all who wait, or of those who are to be run `again`. Answers how many shared it. At first an insert is taken
   * to be written and a change to find its row; `exactly`, each statement is run for one caller, who is told what came of it.
   */
  async #commitTogether(again?: Member<T>[], exactly = false): Promise<number> {
    let members = again ?? []
    let done: Done<T>[]
    try {
      done = await this.db.transaction().execute(async tx => {
        if (!exactly) await tx.executeQuery(gatherInserts)
        // Now that it has begun: whoever came meanwhile is in it.
        members = again ?? this.#waiting.splice(0, membersAtMost)
        mergeStatements(tx as never, { readsOnly: exactly })
        return runMembers(tx, members)
      })
    } catch (error) {
      await this.#afterFailure(error, members, exactly)
      return members.length
    }
    for (const each of done) settle(each)
    return members.length
  }

  /**
   * All is undone: the others go on without those that failed by themselves. Where nobody can say whose fault it was, all are
   * run again exactly, then each half, and in the end whoever is to blame alone.
   */
  async #afterFailure(error: unknown, members: Member<T>[], exactly: boolean): Promise<void> {
    if (error instanceof MembersFailed) {
      const failed = new Map<unknown, unknown>(error.failures)
      for (const [member, cause] of error.failures as [Member<T>, unknown][]) member.reject(asCallersSee(cause))
      this.#waiting.unshift(...members.filter(member => !failed.has(member)))
      return
    }
    if (error instanceof CommitUncertain) return rejectAll(members, asCallersSee(error.cause))
    // Nobody is kept waiting for a database that cannot be had.
    if (error instanceof DatabaseUnavailable) return rejectAll([...members, ...this.#waiting.splice(0)], error)
    // A transaction that could not even begin must fail its first caller, or it would be tried for ever.
    if (members.length === 0) return rejectAll(this.#waiting.splice(0, 1), asCallersSee(error))
    if (reruns.hasSubscribers) reruns.publish({ members: members.length, error })
    if (members.length === 1) return this.#commitAlone(members[0]!)
    // Somebody waits for a row that another holds: the others are not to wait for that again.
    if (isLockWait(error)) return this.#commitSideBySide(members)
    if (!exactly) {
      await this.#commitTogether(members, true)
      return
    }
    const half = Math.ceil(members.length / 2)
    await this.#commitTogether(members.slice(0, half), true)
    await this.#commitTogether(members.slice(half), true)
  }

  async #commitSideBySide(members: Member<T>[]): Promise<void> {
    const left = [...members]
    const lane = async () => {
      for (let member = left.shift(); member; member = left.shift()) await this.#commitAlone(member)
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  }

  async #commitAlone(member: Member<T>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const { value, hooks } = await this.db
          .transaction()
          .execute(tx => collectHooks(tx, () => member.inContext(() => member.work(tx))))
        return settle({ member, value, hooks })
      } catch (error) {
        const isUncertain = error instanceof CommitUncertain
        const isOutage = error instanceof DatabaseUnavailable
        const mayPass = !isUncertain && !isOutage && (isConflict(error) || isLost(error))
        if (!mayPass || tries === triesAtMost) return member.reject(asCallersSee(isUncertain ? error.cause : error))
        await wait(5 * tries * (1 + Math.random()))
      }
    }
  }

  snapshot<R>(read: (db: Db<T>) => Promise<R>): Promise<R> {
    return this.#orUnavailable(
      this.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read),
    )
  }

  async now(): Promise<number> {
    const { rows } = await sql<{ now: number }>`select cast(unix_timestamp(now(3)) * 1000 as signed) as now`.execute(
      this.db,
    )
    return rows[0]!.now
  }

  pool() {
    const { inUse, waiting } = this.#driver.counts()
    return { size: this.#poolSize, inUse, waiting: waiting + this.#waiting.length }
  }

  async ping(): Promise<void> {
    await this.#orUnavailable(sql`select 1`.execute(this.db))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map(worker => worker.ended))
    await this.db.destroy()
  }

  async #orUnavailable<R>(work: Promise<R>): Promise<R> {
    try {
      return await work
    } catch (error) {
      throw asCallersSee(error)
    }
  }
}

/** Members threw by themselves, for reasons of their own. */
class MembersFailed extends Error {
  readonly failures: [member: unknown, cause: unknown][]

  constructor(failures: [unknown, unknown][]) {
    super('members failed')
    this.failures = failures
  }
}

/** Those about different things side by side, so that they share statements; then the others, one after the other. */
async function runMembers<T>(tx: Tx<T>, members: Member<T>[]): Promise<Done<T>[]> {
  const done: Done<T>[] = []
  const failures: [Member<T>, unknown][] = []

  async function run(member: Member<T>): Promise<void> {
    // All is undone already: what would still run would be run for nothing.
    if (failures.length > 0) return
    const own = tx.withTables<Record<never, never>>() as unknown as Tx<T>
    mergeWith(tx, own)
    try {
      done.push({ member, ...(await collectHooks(own, () => member.inContext(() => member.work(own)))) })
    } catch (error) {
      failures.push([member, error])
    }
  }

  const lastAbout = new Map<string, Promise<void>>()
  for (const member of members) {
    if (member.about === undefined) continue
    const before = lastAbout.get(member.about)
    lastAbout.set(member.about, before ? before.then(() => run(member)) : run(member))
  }
  await Promise.all(lastAbout.values())
  for (const member of members) if (member.about === undefined) await run(member)

  const shared = failures.find(([, error]) => isConflict(error) || isLost(error))
  if (shared) throw shared[1]
  if (failures.length > 0) {
    // What they took for written must be, or their failures are not what they would have been alone.
    await tx.executeQuery(writeInserts)
    throw new MembersFailed(failures)
  }
  return done
}

function rejectAll<T>(members: Member<T>[], error: unknown): void {
  for (const { reject } of members) reject(error)
}

function settle<T>({ member, value, hooks }: Done<T>): void {
  member.resolve(value as never)
  for (const hook of hooks) member.inContext(hook)
}

/** `url`: mysql://user:password@host:port/database. Nothing is connected before it is needed. */
export function openMysqlDatabase<T>(url: string, poolSize: number): Database<T> {
  const driver = new MysqlDriver(url, poolSize)
  const db = new Kysely<T>({
    dialect: {
      createAdapter: () => new MysqlAdapter(),
      createDriver: () => driver,
      createIntrospector: kysely => new MysqlIntrospector(kysely),
      createQueryCompiler: () => new MysqlQueryCompiler(),
    },
  })
  return new MysqlDatabase(db, driver, poolSize)
}

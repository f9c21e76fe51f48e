// Callers that run the same statement at the same moment, each for a key of its own, share one for all keys.
import type { CompiledQuery, Kysely, QueryResult } from 'kysely'
import { TransactionConflict } from './database.ts'

export type Values = Record<string, unknown>
type Result = QueryResult<Record<string, unknown>>
type AnyDb = Kysely<never>

/** A statement that is about one key, and can be about several. */
export interface Mergeable {
  isRead(db: AnyDb): boolean
  /** True where nobody asks how many rows were changed. */
  readonly isUnasked: boolean
  /** What must be the same for two callers to share a statement. */
  alikeBy(values: Values): string
  keyOf(values: Values): unknown
  /** The column of a read's result that holds the key; known once `forMany` was called. */
  readonly keyColumn: string
  forOne(db: AnyDb, values: Values): CompiledQuery
  /** `all`: one for each key, all alike. */
  forMany(db: AnyDb, all: readonly Values[]): CompiledQuery
}

interface Entry {
  values: Values
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/** As many keys go into one statement, in powers of two: few forms, each prepared once. */
const keysAtMost = 64

/** Of several changes in one statement fewer happened than were asked for: nobody can say which. Each is to be run alone. */
class MergeUndecided extends TransactionConflict {
  override readonly name = 'MergeUndecided'
}

const mergers = new WeakMap<object, StatementMerger>()

/** Lets what runs on `db` share statements; `readsOnly` outside of a transaction, where a change stands alone. */
export function mergeStatements(db: AnyDb, options: { readsOnly: boolean }): void {
  mergers.set(db, new StatementMerger(db, options.readsOnly))
}

/** The same transaction in other hands shares statements with the first. */
export function mergeWith(db: object, other: object): void {
  mergers.set(other, mergers.get(db)!)
}

/** Runs a statement, with those of others where `db` lets it. */
export function runMergeable(db: object, statement: Mergeable, values: Values): Promise<Result> {
  const merger = mergers.get(db)
  if (merger?.takes(statement)) return merger.run(statement, values)
  return (db as AnyDb).executeQuery(statement.forOne(db as AnyDb, values)) as Promise<Result>
}

class StatementMerger {
  readonly #db: AnyDb
  readonly #readsOnly: boolean
  #waiting = new Map<Mergeable, Entry[]>()

  constructor(db: AnyDb, readsOnly: boolean) {
    this.#db = db
    this.#readsOnly = readsOnly
  }

  takes(statement: Mergeable): boolean {
    return !this.#readsOnly || statement.isRead(this.#db)
  }

  run(statement: Mergeable, values: Values): Promise<Result> {
    return new Promise((resolve, reject) => {
      // All that go on in this turn of the event loop come together.
      if (this.#waiting.size === 0) setImmediate(() => this.#flush())
      const entry = { values, resolve, reject }
      const entries = this.#waiting.get(statement)
      if (entries) entries.push(entry)
      else this.#waiting.set(statement, [entry])
    })
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = new Map()
    for (const [statement, entries] of waiting) {
      if (entries.length === 1) {
        this.#executeOne(statement, entries[0]!)
        continue
      }
      for (const alike of Map.groupBy(entries, ({ values }) => statement.alikeBy(values)).values()) {
        const byKey = [...Map.groupBy(alike, ({ values }) => statement.keyOf(values)).values()]
        for (let at = 0; at < byKey.length; at += keysAtMost) {
          this.#executeMany(statement, byKey.slice(at, at + keysAtMost))
        }
      }
    }
  }

  #executeOne(statement: Mergeable, { values, resolve, reject }: Entry): void {
    this.#query(() => statement.forOne(this.#db, values)).then(resolve, reject)
  }

  /** `byKey`: who asks for the same key stands together. */
  #executeMany(statement: Mergeable, byKey: Entry[][]): void {
    const one = byKey[0]!
    if (byKey.length === 1 && one.length === 1) {
      this.#executeOne(statement, one[0]!)
      return
    }
    const all = byKey.map(([entry]) => entry!.values)
    this.#query(() => statement.forMany(this.#db, all))
      .then(result =>
        statement.isRead(this.#db) ? handOutRows(result, statement, byKey) : handOutCounts(result, statement, byKey),
      )
      .catch(error => {
        for (const { reject } of byKey.flat()) reject(error)
      })
  }

  async #query(compile: () => CompiledQuery): Promise<Result> {
    return this.#db.executeQuery(compile()) as Promise<Result>
  }
}

/** To the next power of two, with the last one again: few forms of a statement. */
export function padded<V>(all: readonly V[]): V[] {
  const size = 2 ** Math.ceil(Math.log2(all.length))
  return [...all, ...new Array<V>(size - all.length).fill(all.at(-1)!)]
}

function handOutRows({ rows }: Result, statement: Mergeable, byKey: Entry[][]): void {
  const rowsOf = Map.groupBy(rows, row => row[statement.keyColumn])
  for (const entries of byKey) {
    const own = rowsOf.get(statement.keyOf(entries[0]!.values)) ?? []
    // Whoever asked for the same gets rows of their own.
    for (const [at, { resolve }] of entries.entries()) resolve({ rows: at === 0 ? own : own.map(row => ({ ...row })) })
  }
}

function handOutCounts({ numAffectedRows = 0n }: Result, { isUnasked }: Mergeable, byKey: Entry[][]): void {
  const entries = byKey.flat()
  if (Number(numAffectedRows) !== entries.length && !isUnasked) {
    throw new MergeUndecided(`${numAffectedRows} of ${entries.length} rows were as expected`)
  }
  for (const { resolve } of entries) resolve({ rows: [], numAffectedRows: 1n })
}

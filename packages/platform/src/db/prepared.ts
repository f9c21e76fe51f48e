// Queries that are built once and run with other values: for the hottest ones, building costs more than the database needs to
// answer. On MySQL, callers that run the same one at the same moment with other keys share a statement.
import {
  type Compilable,
  type CompiledQuery,
  createQueryId,
  type Insertable,
  type Kysely,
  type OperationNodeSource,
  type QueryResult,
  type RootOperationNode,
  type Transaction,
} from 'kysely'
import type { RowInsert } from './insert-buffer.ts'
import { KeyAt, Placeholder, widenKey } from './placeholders.ts'
import { type Mergeable, padded, runMergeable, type Values } from './statement-merger.ts'

export interface PreparedQuery<T, V, R> {
  run(db: Kysely<T>, values: V): Promise<QueryResult<R>>
  all(db: Kysely<T>, values: V): Promise<R[]>
  first(db: Kysely<T>, values: V): Promise<R | undefined>
  /** Rows that it inserted, changed or deleted. */
  change(db: Kysely<T>, values: V): Promise<bigint>
}

export interface MergeOptions<V> {
  /**
   * The value that is the key: the query says `where <column> = <it>`, has no limit, and a change by it touches one row at
   * most. Callers in the same transaction, or reading at the same moment, then share one statement for all their keys.
   */
  by: keyof V & string
  /** True where nobody asks how many rows were changed: what is not there, or not as it should be, stays unnoticed. */
  unasked?: boolean
}

/**
 * `build` gets stand-ins for the values and must use each as a value only, never look at it. The query it answers is
 * compiled at its first run, for each kind of database.
 */
export function prepared<T, V extends object, R>(
  build: (db: Kysely<T>, values: V) => Compilable<R>,
  merge?: MergeOptions<V>,
): PreparedQuery<T, V, R> {
  const standIns = new Proxy({} as V, { get: (_, name) => new Placeholder(String(name)) })
  if (!merge) return answering(runAlone(db => build(db, standIns).compile()))
  const statement = new KeyedQuery(db => build(db as never, standIns), merge)
  return answering((db, values) => runMergeable(db, statement, values as Values) as Promise<QueryResult<R>>)
}

const inserts = new Map<string, PreparedQuery<never, object, unknown>>()

/**
 * Inserts a row, by a query that is built once for each table and set of columns; on MySQL together with the rows of other
 * callers of the same commit. Answers how many rows were written: 0 only with `orIgnore`, where a row of the same key is there already.
 */
export function insertRow<T, N extends keyof T & string>(
  tx: Transaction<T>,
  table: N,
  row: Insertable<T[N]>,
  { orIgnore = false } = {},
): Promise<bigint> {
  const columns = Object.keys(row)
  const name = `${orIgnore} ${table} ${columns}`
  let insert = inserts.get(name)
  if (!insert) {
    const standIns = Object.fromEntries(columns.map(column => [column, new Placeholder(column)]))
    insert = answering(
      runAlone((db): RowInsert => {
        const query = (db as Kysely<Record<string, object>>).insertInto(table)
        return { ...(orIgnore ? query.orIgnore() : query).values(standIns).compile(), insertsInto: table, columns }
      }),
    )
    inserts.set(name, insert)
  }
  return insert.change(tx as never, row)
}

function runAlone<T, R>(compile: (db: Kysely<T>) => CompiledQuery<R>) {
  const compiled = compiledOnce(compile)
  return (db: Kysely<T>, values: object): Promise<QueryResult<R>> => db.executeQuery(compiled(db, values as Values))
}

/** Compiles at the first call for each kind of database. `compile` puts placeholders where values stand. */
export function compiledOnce<T, R>(
  compile: (db: Kysely<T>) => CompiledQuery<R>,
): (db: Kysely<T>, values: Values) => CompiledQuery<R> {
  const compiled = new Map<unknown, CompiledQuery<R>>()
  return (db, values) => {
    const kind = kindOf(db)
    let query = compiled.get(kind)
    if (!query) {
      query = compile(db)
      compiled.set(kind, query)
    }
    return bound(query, values)
  }
}

function answering<T, V, R>(
  run: (db: Kysely<T>, values: V & object) => Promise<QueryResult<R>>,
): PreparedQuery<T, V & object, R> {
  return {
    run,
    all: async (db, values) => (await run(db, values)).rows,
    first: async (db, values) => (await run(db, values)).rows[0],
    change: async (db, values) => (await run(db, values)).numAffectedRows ?? 0n,
  }
}

/** A query by one key, and the same by several. */
class KeyedQuery implements Mergeable {
  readonly isUnasked: boolean
  keyColumn = ''
  readonly #by: string
  readonly #build: (db: Kysely<never>) => Compilable
  readonly #compiled = new Map<unknown, Map<number, CompiledQuery>>()

  constructor(build: (db: Kysely<never>) => Compilable, { by, unasked = false }: { by: string; unasked?: boolean }) {
    this.#build = build
    this.#by = by
    this.isUnasked = unasked
  }

  isRead(db: Kysely<never>): boolean {
    return this.#compile(db, 0).query.kind === 'SelectQueryNode'
  }

  alikeBy(values: Values): string {
    return JSON.stringify({ ...values, [this.#by]: undefined })
  }

  keyOf(values: Values): unknown {
    return values[this.#by]
  }

  forOne(db: Kysely<never>, values: Values): CompiledQuery {
    return bound(this.#compile(db, 0), values)
  }

  forMany(db: Kysely<never>, all: readonly Values[]): CompiledQuery {
    const keys = padded(all.map(values => this.keyOf(values)))
    return bound(this.#compile(db, keys.length), all[0]!, keys)
  }

  #compile(db: Kysely<never>, keys: number): CompiledQuery {
    const kind = kindOf(db)
    let compiled = this.#compiled.get(kind)
    if (!compiled) {
      compiled = new Map()
      this.#compiled.set(kind, compiled)
    }
    let query = compiled.get(keys)
    if (!query) {
      const built = this.#build(db)
      query = keys === 0 ? built.compile() : this.#widen(db, built, keys)
      compiled.set(keys, query)
    }
    return query
  }

  #widen(db: Kysely<never>, built: Compilable, keys: number): CompiledQuery {
    const node = (built as Compilable & OperationNodeSource).toOperationNode() as RootOperationNode
    const wide = widenKey(node, this.#by, keys)
    this.keyColumn = wide.column
    const query = db.getExecutor().compileQuery(wide.node, createQueryId())
    return { ...query, sql: byPrimaryKey(query.sql) }
  }
}

function kindOf<T>(db: Kysely<T>): unknown {
  return db.getExecutor().adapter.constructor
}

function bound<R>(query: CompiledQuery<R>, values: Values, keys: readonly unknown[] = []): CompiledQuery<R> {
  const parameters = query.parameters.map(value => {
    if (value instanceof Placeholder) return values[value.name]
    return value instanceof KeyAt ? keys[value.position] : value
  })
  return { ...query, parameters }
}

/**
 * With many keys and few rows MySQL would rather look through a whole table, and to delete or change what it finds it would
 * wait for the locks of all that it passes. The hint stands where both databases take it.
 */
function byPrimaryKey(sql: string): string {
  return sql
    .replace(/^delete from (`\w+`) where /, 'delete $1 from $1 force index (primary) where ')
    .replace(/^update (`\w+`) set /, 'update $1 force index (primary) set ')
}

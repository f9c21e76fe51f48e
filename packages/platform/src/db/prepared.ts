// Queries that are built once and run with other values: for the hottest ones, building costs more than the database needs to answer.
import type { Compilable, CompiledQuery, Insertable, Kysely, QueryResult, Transaction } from 'kysely'

/** Stands for a value that is not known when the query is built. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

export interface PreparedQuery<T, V, R> {
  run(db: Kysely<T>, values: V): Promise<QueryResult<R>>
  all(db: Kysely<T>, values: V): Promise<R[]>
  first(db: Kysely<T>, values: V): Promise<R | undefined>
  /** Rows that it inserted, changed or deleted. */
  change(db: Kysely<T>, values: V): Promise<bigint>
}

/**
 * `build` gets stand-ins for the values and must use each as a value only, never look at it. The query it answers is
 * compiled at its first run, for each kind of database.
 */
export function prepared<T, V extends object, R>(
  build: (db: Kysely<T>, values: V) => Compilable<R>,
): PreparedQuery<T, V, R> {
  return preparedWith(new Proxy({} as V, { get: (_, name) => new Placeholder(String(name)) }), build)
}

const inserts = new Map<string, PreparedQuery<never, object, unknown>>()

/**
 * Inserts a row, by a query that is built once for each table and set of columns. Answers how many rows were written:
 * 0 only with `orIgnore`, where a row of the same key is there already.
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
    insert = preparedWith<never, object, unknown>(standIns, (db, values) => {
      const query = (db as Kysely<Record<string, object>>).insertInto(table)
      return (orIgnore ? query.orIgnore() : query).values(values)
    })
    inserts.set(name, insert)
  }
  return insert.change(tx as never, row)
}

function preparedWith<T, V extends object, R>(
  standIns: V,
  build: (db: Kysely<T>, values: V) => Compilable<R>,
): PreparedQuery<T, V, R> {
  const compiled = new Map<unknown, CompiledQuery<R>>()

  function queryFor(db: Kysely<T>): CompiledQuery<R> {
    const kind = db.getExecutor().adapter.constructor
    let query = compiled.get(kind)
    if (!query) {
      query = build(db, standIns).compile()
      compiled.set(kind, query)
    }
    return query
  }

  function run(db: Kysely<T>, values: V): Promise<QueryResult<R>> {
    const query = queryFor(db)
    const parameters = query.parameters.map(value =>
      value instanceof Placeholder ? (values as Record<string, unknown>)[value.name] : value,
    )
    return db.executeQuery({ ...query, parameters })
  }

  return {
    run,
    all: async (db, values) => (await run(db, values)).rows,
    first: async (db, values) => (await run(db, values)).rows[0],
    change: async (db, values) => (await run(db, values)).numAffectedRows ?? 0n,
  }
}

// Changes a row by its key and its state as it was read; on MySQL, changes of several rows share a statement, each with values of its own.
import { CompiledQuery, type Kysely, type Transaction, type Updateable } from 'kysely'
import type { TableQuery } from './insert-buffer.ts'
import { Placeholder } from './placeholders.ts'
import { compiledOnce } from './prepared.ts'
import { type Mergeable, padded, runMergeable, type Values } from './statement-merger.ts'

interface Change<R> {
  /** The column that tells rows apart, and its value. */
  key: keyof R & string
  set: Partial<R>
  /** What must be so for the row to be changed; the key among it. None of it may be null. */
  where: Partial<R>
  /** True where nobody asks whether it was. */
  unasked?: boolean
}

const statements = new Map<string, RowUpdate>()

/** True where a row was as `where` says, and was changed. */
export async function updateRow<T, N extends keyof T & string>(
  tx: Transaction<T>,
  table: N,
  { key, set, where, unasked = false }: Change<Updateable<T[N]> & object>,
): Promise<boolean> {
  const values = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined))
  const name = `${unasked} ${table} ${key} ${Object.keys(values)} ${Object.keys(where)}`
  let statement = statements.get(name)
  if (!statement) {
    statement = new RowUpdate(table, key, { columns: Object.keys(values), guards: Object.keys(where), unasked })
    statements.set(name, statement)
  }
  const { numAffectedRows = 0n } = await runMergeable(tx, statement, { set: values, where })
  return numAffectedRows === 1n
}

interface Row {
  set: Values
  where: Values
}

class RowUpdate implements Mergeable {
  readonly isUnasked: boolean
  readonly keyColumn: string
  readonly #table: string
  readonly #columns: string[]
  /** All of the condition but the key. */
  readonly #guards: string[]
  readonly #forOne: (db: Kysely<never>, values: Values) => CompiledQuery

  constructor(table: string, key: string, of: { columns: string[]; guards: string[]; unasked: boolean }) {
    this.#table = table
    this.keyColumn = key
    this.#columns = of.columns
    this.#guards = of.guards.filter(column => column !== key)
    this.isUnasked = of.unasked
    this.#forOne = compiledOnce((db: Kysely<never>) => {
      const all = db as unknown as Kysely<Record<string, Values>>
      const set = Object.fromEntries(of.columns.map(column => [column, new Placeholder(toBe(column))]))
      let query = all.updateTable(table).set(set)
      for (const column of of.guards) query = query.where(column, '=', new Placeholder(asItWas(column)))
      return query.compile()
    })
  }

  isRead(): boolean {
    return false
  }

  alikeBy(values: Values): string {
    const { where } = values as unknown as Row
    return JSON.stringify(this.#guards.map(column => where[column]))
  }

  keyOf(values: Values): unknown {
    return (values as unknown as Row).where[this.keyColumn]
  }

  forOne(db: Kysely<never>, values: Values): CompiledQuery {
    const { set, where } = values as unknown as Row
    return this.#forOne(db, { ...renamed(set, toBe), ...renamed(where, asItWas) })
  }

  /** Only ever for MySQL: a column that differs by row gets its value by the row's key. */
  forMany(_db: Kysely<never>, all: readonly Values[]): CompiledQuery {
    const rows = padded(all as unknown as Row[])
    const keys = rows.map(row => row.where[this.keyColumn])
    const parameters: unknown[] = []
    const sets = this.#columns.map(column => {
      const values = rows.map(row => row.set[column])
      if (values.every(value => value === values[0])) {
        parameters.push(values[0])
        return `\`${column}\` = ?`
      }
      for (const [at, value] of values.entries()) parameters.push(keys[at], value)
      return `\`${column}\` = case \`${this.keyColumn}\` ${'when ? then ? '.repeat(rows.length)}end`
    })
    const guards = this.#guards.map(column => ` and \`${column}\` = ?`).join('')
    parameters.push(...keys, ...this.#guards.map(column => rows[0]!.where[column]))
    const list = keys.map(() => '?').join(', ')
    const sql = `update \`${this.#table}\` force index (primary) set ${sets.join(', ')} where \`${this.keyColumn}\` in (${list})${guards}`
    const query: TableQuery = { ...CompiledQuery.raw(sql, parameters), touches: this.#table }
    return query
  }
}

// A column may be changed and be part of the condition.
const toBe = (column: string) => `set ${column}`
const asItWas = (column: string) => `where ${column}`

function renamed(values: Values, name: (column: string) => string): Values {
  return Object.fromEntries(Object.entries(values).map(([column, value]) => [name(column), value]))
}

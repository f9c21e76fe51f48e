// Holds back the inserts of a transaction until somebody may see them, so that the rows of many callers go in one statement.
import type { CompiledQuery, RootOperationNode } from 'kysely'

/** An insert of one row whose columns are known: `insertRow` makes such. */
export interface RowInsert extends CompiledQuery {
  readonly insertsInto: string
  readonly columns: readonly string[]
}

/** Raw SQL that names its one table. */
export interface TableQuery extends CompiledQuery {
  readonly touches: string
}

export interface Statement {
  sql: string
  parameters: readonly unknown[]
}

/** So many rows at a time: few enough forms of a statement for each connection to keep them all prepared. */
const sizes = [64, 48, 32, 24, 20, 16, 12, 10, 8, 6, 5, 4, 3, 2, 1]

interface Held {
  table: string
  columns: readonly string[]
  rows: (readonly unknown[])[]
}

export class InsertBuffer {
  readonly #held = new Map<string, Held>()

  get isEmpty(): boolean {
    return this.#held.size === 0
  }

  add({ insertsInto, columns, parameters, sql }: RowInsert): void {
    const held = this.#held.get(sql)
    if (held) held.rows.push(parameters)
    else this.#held.set(sql, { table: insertsInto, columns, rows: [parameters] })
  }

  /** Takes out what must be written before `query` runs: the rows of the tables that it names, or of all. */
  takeFor(query: CompiledQuery | undefined): Statement[] {
    const tables = query && ('touches' in query ? new Set([(query as TableQuery).touches]) : tablesOf(query.query))
    const statements: Statement[] = []
    for (const [key, held] of this.#held) {
      if (tables && !tables.has(held.table)) continue
      this.#held.delete(key)
      statements.push(...statementsFor(held))
    }
    return statements
  }
}

function* statementsFor({ table, columns, rows }: Held): Generator<Statement> {
  let at = 0
  for (const size of sizes) {
    while (rows.length - at >= size) {
      yield { sql: insertOf(table, columns, size), parameters: rows.slice(at, at + size).flat() }
      at += size
    }
  }
}

const texts = new Map<string, string>()

function insertOf(table: string, columns: readonly string[], size: number): string {
  const key = `${size} ${table} ${columns}`
  let text = texts.get(key)
  if (!text) {
    const row = `(${columns.map(() => '?').join(', ')})`
    const names = columns.map(column => `\`${column}\``).join(', ')
    text = `insert into \`${table}\` (${names}) values ${new Array(size).fill(row).join(', ')}`
    texts.set(key, text)
  }
  return text
}

const known = new WeakMap<RootOperationNode, Set<string> | undefined>()

/** The tables that a query names; undefined where that cannot be told (raw SQL), which means any. */
function tablesOf(node: RootOperationNode): Set<string> | undefined {
  if (!known.has(node)) {
    const tables = new Set<string>()
    known.set(node, collect(node, tables) ? tables : undefined)
  }
  return known.get(node)
}

/** False where raw SQL stands anywhere in the query. */
function collect(value: unknown, tables: Set<string>): boolean {
  if (typeof value !== 'object' || value === null) return true
  const { kind } = value as { kind?: string }
  if (kind === 'RawNode') return false
  if (kind === 'TableNode') {
    const { table } = value as { table: { identifier: { name: string } } }
    tables.add(table.identifier.name)
    return true
  }
  if (kind === 'ValueNode' || kind === 'PrimitiveValueListNode' || kind === 'ColumnNode') return true
  return Object.values(value).every(child => collect(child, tables))
}

// Fills every table of a database with rows like those that it has, with keys of their own, until it holds as many as asked for.
import type { Connection, RowDataPacket } from 'mysql2/promise'

interface Column {
  table: string
  name: string
  type: string
  length: number | null
  nullable: number
}

/** Which part of a key of several columns is each row's own; of a key of one column it is that. */
const ownPart: Record<string, string> = {
  timers: 'subject',
  idempotency_keys: 'user_id',
  order_history: 'order_id',
  export_files: 'process_id',
  delivery_chunks: 'process_id',
}
/** What nearly all rows hold, whatever the few of the journey do. */
const usually: Record<string, string> = { 'users.role': "'customer'" }
const templatesAtMost = 5
/** As many different users, orders … stand behind the columns that name one and are no key. */
const othersAtMost = 20_000
/** Small by their nature: a row a cloud, a key. */
export const smallTables = ['clouds', 'prices', 'signing_keys', 'kysely_migration', 'kysely_migration_lock']

const digits =
  '(select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)'

export async function enlarge(connection: Connection, rows: number): Promise<void> {
  const places = Math.ceil(Math.log10(rows))
  const sum = Array.from({ length: places }, (_, at) => `p${at}.d * ${10 ** at}`).join(' + ')
  const from = Array.from({ length: places }, (_, at) => `${digits} as p${at}`).join(' cross join ')
  await connection.query(`create temporary table numbers (n int not null primary key) select ${sum} as n from ${from}`)
  await connection.query('set session unique_checks = 0')
  for (const [table, columns] of Map.groupBy(await columnsOf(connection), ({ table }) => table)) {
    if (smallTables.includes(table)) continue
    const own = await uniqueColumns(connection, table)
    const names = columns.map(({ name }) => `\`${name}\``).join(', ')
    const values = columns.map(column => expressionOf(column, own)).join(', ')
    const some = await makeTemplates(connection, table, columns)
    await connection.query(
      `insert into \`${table}\` (${names}) select ${values} from numbers join templates t on t.template_number = numbers.n mod ${some}`,
    )
    await connection.query('drop temporary table templates')
    await connection.query(`analyze table \`${table}\``)
  }
  await connection.query('drop temporary table numbers')
}

/** A few rows that the table has, or one made up where it has none. Answers how many. */
async function makeTemplates(connection: Connection, table: string, columns: Column[]): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(`select count(*) as count from \`${table}\``)
  const some = Math.min(Number(rows[0]!.count), templatesAtMost)
  if (some > 0) {
    const numbered = `select *, row_number() over () - 1 as template_number from \`${table}\` limit ${some}`
    await connection.query(`create temporary table templates ${numbered}`)
    return some
  }
  const made = columns.map(column => `${madeUp(column)} as \`${column.name}\``).join(', ')
  await connection.query(`create temporary table templates select ${made}, 0 as template_number`)
  return 1
}

function madeUp({ type, nullable }: Column): string {
  if (nullable) return 'null'
  if (type === 'bigint') return String(Date.now())
  return type === 'int' ? '0' : "'x'"
}

async function columnsOf(connection: Connection): Promise<Column[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    "select table_name as `table`, column_name as name, data_type as type, character_maximum_length as length, is_nullable = 'YES' as nullable " +
      'from information_schema.columns where table_schema = database() order by table_name, ordinal_position',
  )
  return rows as unknown as Column[]
}

async function uniqueColumns(connection: Connection, table: string): Promise<Set<string>> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'select index_name as `index`, group_concat(column_name) as columns from information_schema.statistics ' +
      'where table_schema = database() and table_name = ? and non_unique = 0 group by index_name',
    [table],
  )
  return new Set(rows.map(({ columns }) => (String(columns).includes(',') ? ownPart[table]! : String(columns))))
}

/** An expression over a template `t` and a number `n`. */
function expressionOf({ table, name, type, length }: Column, own: Set<string>): string {
  if (`${table}.${name}` in usually) return usually[`${table}.${name}`]!
  const column = `t.\`${name}\``
  if (own.has(name)) return keyOf('n', length ?? 36)
  if (/text|blob/.test(type)) return `left(${column}, 40)`
  if (name.endsWith('_id') && name !== 'request_id') {
    return `if(${column} is null, null, ${keyOf(`n mod ${othersAtMost}`, length ?? 36)})`
  }
  if (type !== 'bigint') return column
  // Times: what is to come is spread over the future, what was over the past. Amounts stay.
  if (/^(due_at|expires_at|next_\w+_at)$/.test(name)) return `${column} + n * 1000`
  return /(^|_)at$/.test(name) ? `${column} - n * 1000` : column
}

function keyOf(number: string, length: number): string {
  return `left(concat(lpad(hex(${number}), 8, '0'), '-0000-7000-8000-', lpad(hex(${number}), 12, '0'), repeat('0', 28)), ${Math.min(length, 64) >= 64 ? 64 : 36})`
}

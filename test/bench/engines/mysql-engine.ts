// The MySQL or MariaDB that the bench runs on: databases of its own, made fresh and dropped, and what the engine counts.
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'

export interface MysqlEngine {
  /** Its product and version, and what makes its commits durable or not. */
  readonly words: string
  readonly port: number
  /** An empty database; answers its URL. */
  createDatabase(name: string): Promise<string>
  run(sql: string, values?: (string | number)[]): Promise<RowDataPacket[]>
  /** A connection of its own, for work that goes on beside other work. */
  connect(database: string): Promise<Connection>
  /** Statements and commits since it was started. */
  counts(): Promise<{ statements: number; commits: number }>
  databaseNames(prefix: string): Promise<string[]>
  dropDatabase(name: string): Promise<void>
  close(): Promise<void>
}

const connectMilliseconds = 3_000
/** No commit is answered before it is on the disk. */
const durable = '1'

/** Throws where it does not answer. */
export async function openMysqlEngine(url: string): Promise<MysqlEngine> {
  const connect = (database?: string) =>
    createConnection({ uri: url, database, connectTimeout: connectMilliseconds, multipleStatements: false })
  const connection = await connect()
  const run = async (sql: string, values: (string | number)[] = []) =>
    (await connection.query<RowDataPacket[]>(sql, values))[0]
  const variables = Object.fromEntries(
    (
      await run(
        "show global variables where variable_name in ('version', 'innodb_flush_log_at_trx_commit', 'innodb_buffer_pool_size', 'sync_binlog', 'log_bin')",
      )
    ).map(row => [row.Variable_name, row.Value]),
  )
  const flush = variables.innodb_flush_log_at_trx_commit
  return {
    words: [
      `${/mariadb/i.test(variables.version) ? 'MariaDB' : 'MySQL'} ${variables.version}`,
      `innodb_flush_log_at_trx_commit=${flush}${flush === durable ? '' : ' (NOT DURABLE)'}`,
      `buffer pool ${Math.round(variables.innodb_buffer_pool_size / 2 ** 20)} MiB`,
      `binary log ${variables.log_bin === 'ON' ? `on, sync_binlog=${variables.sync_binlog}` : 'off'}`,
    ].join(', '),
    port: Number(new URL(url).port || 3306),
    run,
    connect,
    async createDatabase(name) {
      await run(`create database ${name} character set utf8mb4 collate utf8mb4_bin`)
      return new URL(`/${name}`, url).href
    },
    async counts() {
      const rows = await run("show global status where variable_name in ('Questions', 'Com_commit')")
      const status = Object.fromEntries(rows.map(row => [row.Variable_name, Number(row.Value)]))
      return { statements: status.Questions!, commits: status.Com_commit! }
    },
    async databaseNames(prefix) {
      const rows = await run('select schema_name as name from information_schema.schemata')
      return rows.map(row => row.name as string).filter(name => name.startsWith(prefix))
    },
    async dropDatabase(name) {
      await run(`drop database if exists ${name}`)
    },
    close: () => connection.end(),
  }
}

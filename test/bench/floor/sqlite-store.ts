// Bare node:sqlite under the floors of the embedded topology.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { FloorStore, Row, Step, Value, Write } from './floor-store.ts'
import { tableStatements } from './floor-tables.ts'

/** As durable as ours: a commit is on the disk when it answers. */
export function openSqliteStore(home: string): FloorStore {
  const file = join(home, 'floor.sqlite')
  const isNew = !existsSync(file)
  const database = new DatabaseSync(file)
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma temp_store = memory; pragma cache_size = -16000; pragma wal_autocheckpoint = 4000',
  )
  if (isNew) for (const statement of tableStatements()) database.exec(statement)

  const begin = database.prepare('begin immediate')
  const commit = database.prepare('commit')
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const run = (write: Write) => {
    if ('into' in write) prepare(`insert into ${write.into} values (${write.row.map(() => '?')})`).run(...write.row)
    else prepare(`${write.change} where ${write.where} = ?`).run(...write.values, write.key)
  }

  let waiting: { step: Step; resolve: () => void }[] = []
  const commitAll = () => {
    const members = waiting
    waiting = []
    const at = Date.now()
    begin.run()
    for (const { step } of members) step(at).forEach(run)
    commit.run()
    for (const { resolve } of members) resolve()
  }

  return {
    async commitEach(step) {
      begin.run()
      step(Date.now()).forEach(run)
      commit.run()
    },
    commitTogether(step) {
      return new Promise(resolve => {
        // The check phase comes after all sockets of this turn were read.
        if (waiting.length === 0) setImmediate(commitAll)
        waiting.push({ step, resolve })
      })
    },
    read: (sql: string, values: Value[]) => prepare(sql).all(...values) as unknown as Row[],
    async change(sql, values) {
      prepare(sql).run(...values)
    },
    async close() {
      database.close()
    },
  }
}

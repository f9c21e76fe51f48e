// The default: one process, SQLite, the in-process broker.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { serviceNames } from '@waybill/contracts'
import { openSqliteStore } from '../floor/sqlite-store.ts'
import { RunningSystem } from '../running-system.ts'
import { startFloorProcess, startWaybillProcess } from '../started-process.ts'
import type { Topology } from './topology.ts'

export function createEmbedded(): Topology {
  return {
    name: 'embedded',
    isJudged: false,
    words: ['Embedded: one process, SQLite with synchronous=full, the in-process broker.'],
    floorWords: 'node:sqlite with synchronous=full; sharing: the orders of one turn of the event loop share a commit',
    engines: [],
    async start(home, by = 'node') {
      return new RunningSystem({ waybill: await startWaybillProcess(home, by) }, home)
    },
    startFloor: (name, home) => startFloorProcess(name, home),
    openFloorStore: async home => openSqliteStore(home),
    async outboxRows(home) {
      const files = readdirSync(home).filter(name => name.endsWith('.sqlite') && !name.startsWith('floor'))
      return files.reduce((total, name) => total + outboxRowsIn(join(home, name)), 0)
    },
    async openSeedTarget(home) {
      const files = new Map(serviceNames.map(name => [name, new DatabaseSync(join(home, `${name}.sqlite`))]))
      for (const file of files.values()) file.exec('pragma busy_timeout = 5000; pragma synchronous = normal')
      return {
        async run(service, sql) {
          files.get(service)!.exec(sql)
        },
        hex: number => `printf('%012x', ${number})`,
        async close() {
          for (const file of files.values()) file.close()
        },
      }
    },
    countStatements: async () => undefined,
    async remove(home) {
      rmSync(home, { recursive: true, force: true })
    },
    async close() {},
  }
}

function outboxRowsIn(file: string): number {
  if (!existsSync(file)) return 0
  const database = new DatabaseSync(file, { readOnly: true })
  const { rows } = database.prepare('select count(*) as rows from outbox').get() as { rows: number }
  database.close()
  return rows
}

// A MariaDB (or MySQL) server of the suite's own, with durable commits, in a folder of its own.
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ServiceName, serviceNames } from '@waybill/contracts'
import mysql from 'mysql2/promise'
import type { Engine } from './installation.ts'
import { privateEngine } from './private-engine.ts'

const run = promisify(execFile)

export interface PrivateMariadb extends Engine {
  readonly port: number
  /** A database and a user with rights to it alone, for each service. */
  createDatabases(): Promise<Record<ServiceName, { user: string; password: string; database: string }>>
}

export async function createPrivateMariadb(folder: string, port: number): Promise<PrivateMariadb> {
  const data = join(folder, 'data')
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary, { recursive: true })
  // It refuses to run as root unless it is told so.
  const options = ['--no-defaults', `--user=${userInfo().username}`, `--datadir=${data}`]
  await run('mariadb-install-db', [...options, '--auth-root-authentication-method=normal', '--skip-test-db'])
  const rootUrl = `mysql://root@127.0.0.1:${port}`
  const engine = privateEngine({
    name: 'MariaDB',
    command: 'mariadbd',
    options: [
      ...options,
      ...['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${join(folder, 'socket')}`],
      // Temporary tables too: what else cleans up in the machine's own folder must not harm us.
      `--tmpdir=${temporary}`,
      ...[`--pid-file=${join(folder, 'pid')}`, '--innodb-buffer-pool-size=128M', '--max-connections=400'],
    ],
    logFile: join(folder, 'mariadb.log'),
    async ask() {
      const connection = await mysql.createConnection({ uri: rootUrl, connectTimeout: 2_000 })
      await connection.query('select 1')
      await connection.end()
    },
  })
  return {
    ...engine,
    port,
    async createDatabases() {
      const connection = await mysql.createConnection({ uri: rootUrl })
      const made = serviceNames.map(service => {
        const name = `chaos_${service}`
        return [service, { user: name, password: `${name}_secret`, database: name }] as const
      })
      for (const [, { user, password, database }] of made) {
        await connection.query(`create database ${database} character set utf8mb4 collate utf8mb4_bin`)
        await connection.query(`create user '${user}'@'127.0.0.1' identified by '${password}'`)
        await connection.query(`create user '${user}'@'localhost' identified by '${password}'`)
        await connection.query(`grant all on ${database}.* to '${user}'@'127.0.0.1'`)
        await connection.query(`grant all on ${database}.* to '${user}'@'localhost'`)
      }
      await connection.end()
      return Object.fromEntries(made) as Awaited<ReturnType<PrivateMariadb['createDatabases']>>
    },
  }
}

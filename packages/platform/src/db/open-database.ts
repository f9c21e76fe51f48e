// Opens a service's database by its URL.
import type { Database } from './database.ts'
import { openSqliteDatabase } from './sqlite-database.ts'

export interface OpenOptions {
  /** SQLite: `full` (default) survives a power cut, `normal` a crash of the process. */
  synchronous?: 'full' | 'normal'
  /** MySQL: how many connections at most; 10 by default. */
  poolSize?: number
}

/** `sqlite:<file>` or `mysql://user:password@host:port/database`. Connects when it is first asked for something. */
export async function openDatabase<T>(
  url: string,
  { synchronous = 'full', poolSize = 10 }: OpenOptions = {},
): Promise<Database<T>> {
  if (url.startsWith('sqlite:')) return openSqliteDatabase(url, synchronous)
  if (url.startsWith('mysql:')) {
    // Loaded where it is used: the process on SQLite files starts without it.
    const { openMysqlDatabase } = await import('./mysql-database.ts')
    return openMysqlDatabase(url, poolSize)
  }
  throw new Error(`database URL "${url.split(':')[0]}:…" is not supported: use sqlite:<file> or mysql://…`)
}

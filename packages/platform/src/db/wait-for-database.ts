// A service may start before its database does: it waits a while, says what it waits for, and gives up on what waiting cannot mend.
import { setTimeout as wait } from 'node:timers/promises'
import { SettingsError } from '../config/index.ts'
import type { Logger } from '../log/index.ts'
import { type Database, DatabaseUnavailable } from './database.ts'

const pauseMilliseconds = 500
const sayEveryMilliseconds = 5_000

/** ER_ACCESS_DENIED_ERROR, ER_DBACCESS_DENIED_ERROR, ER_BAD_DB_ERROR: the settings are wrong. */
const refusals = new Set([1045, 1044, 1049])

/**
 * Resolves when the database answers. Throws a SettingsError that names `setting` where it refuses us, and a
 * DatabaseUnavailable after `patience` milliseconds.
 */
export async function waitForDatabase(
  database: Pick<Database<never>, 'ping'>,
  { setting, log, patience }: { setting: string; log: Logger; patience: number },
): Promise<void> {
  const end = performance.now() + patience
  let sayAt = 0
  for (;;) {
    try {
      return await database.ping()
    } catch (error) {
      const { errno, message } = error as Error & { errno?: number }
      if (refusals.has(errno ?? 0)) throw new SettingsError([`${setting} is refused by the database: ${message}`])
      if (!(error instanceof DatabaseUnavailable) || performance.now() > end) throw error
      if (performance.now() >= sayAt) {
        log.warn({ setting, reason: message }, 'waiting for the database')
        sayAt = performance.now() + sayEveryMilliseconds
      }
    }
    await wait(pauseMilliseconds)
  }
}

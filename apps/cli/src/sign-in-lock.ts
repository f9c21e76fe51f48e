// One command at a time refreshes the tokens: a refresh token that is used twice ends the whole session.

import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { OutOfReach } from './failures.ts'

const waitMilliseconds = 20_000
const askAgainMilliseconds = 25
const sqliteBusy = 5

/**
 * Runs `work` while no other process does, on this machine, with the same `file`. It is locked by SQLite, so the system lets go of it when
 * a process dies in between.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = new DatabaseSync(file, { timeout: 0 })
  try {
    const giveUpAt = Date.now() + waitMilliseconds
    while (!isTaken(lock)) {
      if (Date.now() > giveUpAt)
        throw new OutOfReach(`another waybill command has been signing in for too long (${file})`)
      await pause(askAgainMilliseconds)
    }
    return await work()
  } finally {
    lock.close()
  }
}

function isTaken(lock: DatabaseSync): boolean {
  try {
    lock.exec('begin immediate')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === sqliteBusy) return false
    throw error
  }
}

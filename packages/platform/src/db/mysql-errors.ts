// What a failed statement on MySQL or MariaDB means for whoever asked for it.
// Numbers: https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
import { DatabaseUnavailable, TransactionConflict } from './database.ts'

interface DriverError extends Error {
  code?: string
  errno?: number
  fatal?: boolean
}

const deadlock = 1213
/** ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT: the server undid it, or we do; the same again may well succeed. */
const conflicts = new Set([deadlock, 1205])
/** Too many connections, server shutdown, connection killed (MySQL, MariaDB), no such thread, read-only during a failover. */
const outages = new Set([1040, 1053, 3169, 1927, 1094, 1290, 1836])
const lostCodes = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** Two transactions stood in each other's way. */
export function isConflict(error: unknown): boolean {
  return error instanceof TransactionConflict || conflicts.has((error as DriverError)?.errno ?? 0)
}

/** The server has undone the whole transaction: what comes next would be in none. */
export function isUndone(error: unknown): boolean {
  return (error as DriverError)?.errno === deadlock
}

/** The connection is of no more use, or there is none to be had. */
export function isLost(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true
  const { code, errno, fatal } = (error ?? {}) as DriverError
  return fatal === true || outages.has(errno ?? 0) || lostCodes.has(code ?? '')
}

/** What callers are told: an outage as one that may pass, anything else as it is. */
export function asCallersSee(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable || (!isLost(error) && !isConflict(error))) return error
  return new DatabaseUnavailable(`the database did not do it: ${(error as Error).message}`, { cause: error })
}

/** ER_LOCK_WAIT_TIMEOUT: another transaction held a row for longer than we wait. */
export function isLockWait(error: unknown): boolean {
  return (error as DriverError)?.errno === 1205
}

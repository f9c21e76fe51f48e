// Puts off an export that trouble has interrupted, for longer each time.
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type { Logger } from '@waybill/platform/log'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  database: Database<DataTables>
  clock: Clock
  log: Logger
}

const firstWaitMilliseconds = 1_000
const longestWaitMilliseconds = 60_000
/** About a quarter of an hour without any progress. */
const triesAtMost = 18

export interface Interruption {
  error: unknown
  progressMade: boolean
  /** The process stops: that is no trouble, and the work goes on at the next start. */
  stopping: boolean
}

export type RetryExportLater = ReturnType<typeof createRetryExportLater>

/** Answers false where it has been tried often enough. */
export function createRetryExportLater({ database, clock, log }: Needs) {
  const putOff = (timer: Timer, milliseconds: number, attempt: number) =>
    database.transaction(tx => timer.reschedule(tx, clock.now() + milliseconds, attempt))

  return async (timer: Timer, { error, progressMade, stopping }: Interruption): Promise<boolean> => {
    if (stopping) {
      await putOff(timer, 0, timer.attempt)
      return true
    }
    const attempt = progressMade ? 1 : timer.attempt + 1
    const givenUp = attempt >= triesAtMost
    log.warn({ err: error, process_id: timer.subject, attempt, given_up: givenUp }, 'an export was interrupted')
    if (givenUp) return false
    await putOff(timer, Math.min(firstWaitMilliseconds * 2 ** (attempt - 1), longestWaitMilliseconds), attempt)
    return true
  }
}

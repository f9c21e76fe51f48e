// Puts off an export that trouble has interrupted, for longer each time.
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type { Logger } from '@waybill/platform/log'
import { CloudUnavailable } from '../clouds/cloud-error.ts'
import type * as exportDao from '../dao/export-dao.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  database: Database<DataTables>
  exports: typeof exportDao
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
export function createRetryExportLater({ database, exports, clock, log }: Needs) {
  const putOff = (timer: Timer, milliseconds: number, attempt: number, trouble?: string) =>
    database.transaction(async tx => {
      const now = clock.now()
      if (trouble !== undefined) await exports.noteTrouble(tx, timer.subject, trouble, now)
      await timer.reschedule(tx, now + milliseconds, attempt)
    })

  return async (timer: Timer, { error, progressMade, stopping }: Interruption): Promise<boolean> => {
    if (stopping) {
      await putOff(timer, 0, timer.attempt)
      return true
    }
    const attempt = progressMade ? 1 : timer.attempt + 1
    const givenUp = attempt >= triesAtMost
    log.warn({ err: error, process_id: timer.subject, attempt, given_up: givenUp }, 'an export was interrupted')
    if (givenUp) return false
    const wait = Math.min(firstWaitMilliseconds * 2 ** (attempt - 1), longestWaitMilliseconds)
    // Only what a cloud's class has put into words is for the customer; other errors may tell of our inside.
    const trouble =
      error instanceof CloudUnavailable ? error.message : 'the cloud could not be worked with at the last try'
    await putOff(timer, wait, attempt, trouble)
    return true
  }
}

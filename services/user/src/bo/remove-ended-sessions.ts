// Forgets sessions that ended and refresh tokens that were used long ago: nobody can use them, and the tables must not grow for ever.
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type * as sessionDao from '../dao/session-dao.ts'
import type { UserTables } from '../models/tables.ts'

interface Needs {
  database: Database<UserTables>
  sessions: typeof sessionDao
  clock: Clock
  /** How long tokens live. */
  lives: { accessMilliseconds: number; refreshMilliseconds: number }
}

export const removeEndedSessionsTimer = 'remove-ended-sessions'

const everyMilliseconds = 3_600_000
/** Few enough that nobody who wants to sign in waits for it. */
const atMost = 500
const soonMilliseconds = 1_000

/** The timer's handler: does some, and comes again soon while there is more. */
export function createRemoveEndedSessions({ database, sessions, clock, lives }: Needs) {
  return (timer: Timer): Promise<void> =>
    database.transaction(async tx => {
      const now = clock.now()
      // The last access token of a session may live on after the session can no longer be refreshed.
      const removed = await sessions.deleteEndedSessions(tx, now - lives.accessMilliseconds, atMost)
      // A token that old would have expired unused: it is refused whether or not we know that it was used.
      const forgotten = await sessions.deleteOldUsedTokens(tx, now - lives.refreshMilliseconds, atMost)
      const isMore = removed === atMost || forgotten === atMost
      await timer.reschedule(tx, now + (isMore ? soonMilliseconds : everyMilliseconds))
    })
}

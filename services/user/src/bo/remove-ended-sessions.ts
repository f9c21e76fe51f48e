// Forgets sessions that ended long ago: nobody can use them, and the tables must not grow for ever.
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type * as sessionDao from '../dao/session-dao.ts'
import type { UserTables } from '../models/tables.ts'

interface Needs {
  database: Database<UserTables>
  sessions: typeof sessionDao
  clock: Clock
}

const everyMilliseconds = 3_600_000
const atMost = 500

/** The timer's handler: does some and comes again. */
export function createRemoveEndedSessions({ database, sessions, clock }: Needs) {
  return (timer: Timer): Promise<void> =>
    database.transaction(async tx => {
      await sessions.deleteEndedSessions(tx, clock.now(), atMost)
      await timer.reschedule(tx, clock.now() + everyMilliseconds)
    })
}

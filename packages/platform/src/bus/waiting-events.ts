// The facts that stand in an outbox and wait for the broker's word, for those who want to look at them.
import type { AnyCloudEvent } from '@waybill/contracts'
import type { Database } from '../db/index.ts'
import type { OutboxTable } from './outbox.ts'

export interface WaitingEventRow {
  id: string
  created_at: number
  event: AnyCloudEvent
}

export interface WaitingFilter {
  /** Written in [since, until), epoch ms. */
  since: number
  until: number
  before: Pick<WaitingEventRow, 'id' | 'created_at'> | undefined
  limit: number
}

/** Newest first, from below `before` on. */
export async function listWaitingEvents(database: Database<never>, filter: WaitingFilter): Promise<WaitingEventRow[]> {
  const { since, until, before, limit } = filter
  const { db } = database as unknown as Database<OutboxTable>
  let query = db.selectFrom('outbox').select(['id', 'message', 'created_at']).where('created_at', '>=', since)
  if (before) {
    query = query
      .where('created_at', '<=', before.created_at)
      .where(eb => eb.or([eb('created_at', '<', before.created_at), eb('id', '<', before.id)]))
  } else {
    query = query.where('created_at', '<', until)
  }
  const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
  return rows.map(presentRow)
}

const aboutAtMost = 100
/** To look at so many takes some hundredths of a second; there are as many only while a broker is down. */
const lookedAtAtMost = 5_000

/**
 * Those about some things that were written since `since` (epoch ms), oldest first; `isAll` is false where more wait than were
 * looked at. The outbox has no index for it: nearly always it is empty, and each fact would pay for one.
 */
export async function listWaitingEventsAbout(
  database: Database<never>,
  { subjects, since }: { subjects: readonly string[]; since: number },
): Promise<{ rows: WaitingEventRow[]; isAll: boolean }> {
  const { db } = database as unknown as Database<OutboxTable>
  const from = db.selectFrom('outbox').where('created_at', '>=', since).orderBy('created_at')
  const beyond = await from.select('created_at').offset(lookedAtAtMost).limit(1).executeTakeFirst()
  const rows = await from
    .select(['id', 'message', 'created_at'])
    .where('created_at', '<=', beyond?.created_at ?? Number.MAX_SAFE_INTEGER)
    .where(eb => eb.or(subjects.map(subject => eb('message', 'like', `%"subject":${JSON.stringify(subject)}%`))))
    .limit(aboutAtMost)
    .execute()
  const about = rows.map(presentRow).filter(({ event }) => subjects.includes(event.subject))
  return { rows: about, isAll: beyond === undefined }
}

function presentRow({ id, message, created_at }: OutboxTable['outbox']): WaitingEventRow {
  return { id, created_at, event: JSON.parse(message) as AnyCloudEvent }
}

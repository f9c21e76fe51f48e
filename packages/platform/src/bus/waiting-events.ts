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

/**
 * Those about one thing that were written since `since` (epoch ms), oldest first. The outbox has no index for it: nearly
 * always it is empty, and each fact would pay for one. While a broker is down it is read from `since` on.
 */
export async function listWaitingEventsAbout(
  database: Database<never>,
  { subject, since }: { subject: string; since: number },
): Promise<WaitingEventRow[]> {
  const { db } = database as unknown as Database<OutboxTable>
  const rows = await db
    .selectFrom('outbox')
    .select(['id', 'message', 'created_at'])
    .where('created_at', '>=', since)
    .where('message', 'like', `%"subject":${JSON.stringify(subject)}%`)
    .orderBy('created_at')
    .limit(aboutAtMost)
    .execute()
  return rows.map(presentRow).filter(({ event }) => event.subject === subject)
}

function presentRow({ id, message, created_at }: OutboxTable['outbox']): WaitingEventRow {
  return { id, created_at, event: JSON.parse(message) as AnyCloudEvent }
}

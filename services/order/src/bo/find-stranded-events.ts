// Finds the events of a stretch of time that did not get where they must: still in the outbox of their service, or dead in
// that of a consumer. Every service is asked for its own, wherever it is hosted.
import type { DeadLetter, ServiceName, Violation, WaitingEvent } from '@waybill/contracts'
import { type Clock, rfc3339 } from '@waybill/platform/clock'
import type { Peer } from '@waybill/platform/http'
import { graceMilliseconds } from '../models/audit-rules.ts'
import { askInNameOf } from './ask-in-name-of.ts'

interface Needs {
  /** All services, this one too. */
  peers: Record<ServiceName, Peer>
  clock: Clock
}

interface Range {
  since: number
  until: number
}

const pageSize = 100
/** Of each kind and service: who has more has one trouble, not many. */
const pagesAtMost = 5

export type FindStrandedEvents = ReturnType<typeof createFindStrandedEvents>

export function createFindStrandedEvents({ peers, clock }: Needs) {
  return async (range: Range, token: string): Promise<Violation[]> => {
    const found = await Promise.all(
      Object.values(peers).map(async peer => [
        ...(await findWaiting(peer, range, token)),
        ...(await findDead(peer, range, token)),
      ]),
    )
    return found.flat()
  }

  async function findWaiting(peer: Peer, { since, until }: Range, token: string): Promise<Violation[]> {
    const from = Math.max(since, 0)
    // Younger ones are on their way.
    const to = Math.min(until, clock.now() - graceMilliseconds)
    if (to <= from) return []
    const path = `/outbox?service=${peer.service}&since=${rfc3339(from)}&until=${rfc3339(to)}`
    const { rows, hasMore } = await readPages<WaitingEvent>(peer, path, token)
    const violations = rows.map(({ event_type, event_id, subject, age_seconds }) => ({
      order_id: orderOf(event_type, subject),
      rule: 'outbox_not_drained' as const,
      detail: `${event_type} ${event_id} waits in the outbox of ${peer.service} since ${Math.round(age_seconds)} s`,
    }))
    return hasMore ? withMore(violations) : violations
  }

  async function findDead(peer: Peer, { since, until }: Range, token: string): Promise<Violation[]> {
    // Nothing dies before it is written: pages end where the letters are older than the stretch of time.
    const { rows, hasMore } = await readPages<DeadLetter>(
      peer,
      `/dead-letters?service=${peer.service}`,
      token,
      letter => Date.parse(letter.created_at) < since,
    )
    const violations = rows
      .filter(letter => writtenAt(letter) >= since && writtenAt(letter) < until)
      .map(({ id, event_type, event_id, event, tries, error }) => ({
        order_id: orderOf(event_type, event.subject),
        rule: 'dead_letter' as const,
        detail: `${event_type} ${event_id} is dead letter ${id} of ${peer.service} after ${tries} tries: ${error}`,
      }))
    return hasMore ? withMore(violations) : violations
  }

  /** Newest first, until there are no more, there are too many, or one is `tooOld`. */
  async function readPages<T>(peer: Peer, path: string, token: string, tooOld: (row: T) => boolean = () => false) {
    const rows: T[] = []
    let cursor: string | null | undefined
    for (let pages = 0; pages < pagesAtMost; pages++) {
      const from = `${path}&limit=${pageSize}${cursor ? `&cursor=${cursor}` : ''}`
      const { data, nextCursor } = await askInNameOf<T[]>(token, peer, 'GET', from)
      rows.push(...data)
      cursor = nextCursor
      if (!cursor || data.some(tooOld)) return { rows, hasMore: false }
    }
    return { rows, hasMore: true }
  }
}

function withMore(violations: Violation[]): Violation[] {
  const last = violations.at(-1)
  return last ? [...violations.slice(0, -1), { ...last, detail: `${last.detail}; and there are more` }] : []
}

/** When the event was written; rubbish does not say, and counts from when it came. */
function writtenAt({ event, created_at }: DeadLetter): number {
  const time = Date.parse(String(event.time))
  return Number.isNaN(time) ? Date.parse(created_at) : time
}

const aboutOrders = /^(order|payment|export)\./
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function orderOf(eventType: string, subject: unknown): string | null {
  return aboutOrders.test(eventType) && typeof subject === 'string' && idPattern.test(subject) ? subject : null
}

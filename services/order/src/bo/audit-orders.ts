// Checks that money, orders, processes, histories and deliveries agree across the services, for all orders of a
// stretch of time, and that no event of that time was left behind.
import type { Audit, AuditQuery, Violation } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import { type Cursors, refuse, refuseField } from '@waybill/platform/http'
import type { PlaceInTime } from '../dao/order-dao.ts'
import { type AuditTerms, violationsOf } from '../models/audit-rules.ts'
import { type AuditTotal, addToTotal, nothingAudited } from '../models/audit-total.ts'
import type { OrderWindows } from '../models/order-window.ts'
import type { FindStrandedEvents } from './find-stranded-events.ts'
import type { LastAudit } from './last-audit.ts'
import type { ReadForAudit } from './read-for-audit.ts'

interface Needs {
  readForAudit: ReadForAudit
  findStrandedEvents: FindStrandedEvents
  lastAudit: LastAudit
  cursors: Cursors
  terms: {
    windows: OrderWindows
    clock: Clock
    /** How long one answer may take, milliseconds. */
    patience: number
  }
}

/** Where an audit stands between two answers. */
interface Position {
  since: number
  until: number
  after?: PlaceInTime
  total: AuditTotal
}

const dayMilliseconds = 24 * 3_600_000
const batch = 100
/** An answer that has found so many ends: whoever asks decides whether to see more. */
const violationsAtMost = 1_000

export type AuditOrders = ReturnType<typeof createAuditOrders>

export function createAuditOrders({ readForAudit, findStrandedEvents, lastAudit, cursors, terms }: Needs) {
  /** `token` is an operator's: what other services know is read in their name. */
  return async (
    query: AuditQuery,
    token: string,
    signal: AbortSignal,
  ): Promise<{ audit: Audit; nextCursor: string | null }> => {
    const { since, until, after, total } = readPosition(query)
    const audit: Audit = { checked: 0, violations: [] }
    const enough = performance.now() + terms.patience
    let last = after
    let isWhole = false
    do {
      // What was seen so far must not look like the whole.
      if (signal.aborted) throw refuse('SHUTTING_DOWN', 'the server stops: ask for the audit again in a moment')
      const { violations, checked, end } = await auditBatch({ since, until, after: last }, token)
      audit.violations.push(...violations)
      audit.checked += checked
      last = end
      isWhole = checked < batch
    } while (!isWhole && audit.violations.length < violationsAtMost && performance.now() < enough)
    if (isWhole) audit.violations.push(...(await findStrandedEvents({ since, until }, token)))
    const soFar = addToTotal(total, audit)
    if (isWhole) {
      lastAudit.remember(soFar)
      return { audit, nextCursor: null }
    }
    const next: Position = { since, until, after: last, total: soFar }
    return { audit, nextCursor: cursors.encode('audit', next) }
  }

  async function auditBatch(range: Pick<Position, 'since' | 'until' | 'after'>, token: string) {
    const { since, until, after } = range
    const audited = await readForAudit.batch({ since, until, after, limit: batch }, token)
    const suspected = audited.filter(it => violationsOf(it, termsNow()).length > 0)
    // The parts were read one after the other, and an order may have moved meanwhile: what is wrong must be so twice.
    const again = await readForAudit.again(
      suspected.map(({ order }) => order.id),
      token,
    )
    const violations: Violation[] = again.flatMap(it => violationsOf(it, termsNow()))
    const end = audited.at(-1)?.order
    return { violations, checked: audited.length, end: end && { created_at: end.created_at, id: end.id } }
  }

  function termsNow(): AuditTerms {
    return { now: terms.clock.now(), windows: terms.windows }
  }

  function readPosition({ since, until, cursor }: AuditQuery): Position {
    if (cursor !== undefined) return cursors.decode<Position>('audit', cursor)
    return { ...readRange(since, until, terms.clock.now()), total: nothingAudited }
  }
}

function readRange(since: string | undefined, until: string | undefined, now: number) {
  const end = until === undefined ? now + 1 : readTime('until', until)
  const start = since === undefined ? end - dayMilliseconds : readTime('since', since)
  if (until === undefined && start > now) throw refuseField('since', 'must not be in the future')
  if (start > end) throw refuseField('since', 'must not be after until')
  return { since: start, until: end }
}

function readTime(field: string, text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw refuseField(field, 'must be a time such as 2026-11-21T10:00:00.000Z')
  return time
}

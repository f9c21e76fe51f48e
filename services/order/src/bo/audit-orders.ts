// Checks that money, orders, processes, histories and deliveries agree across the services, for all orders of a
// stretch of time.
import type { Audit, AuditQuery } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import { refuse, refuseField } from '@waybill/platform/http'
import { type AuditTerms, violationsOf } from '../models/audit-rules.ts'
import type { OrderRow } from '../models/order.ts'
import type { OrderWindows } from '../models/order-window.ts'
import type { ReadForAudit } from './read-for-audit.ts'

interface Needs {
  readForAudit: ReadForAudit
  windows: OrderWindows
  clock: Clock
}

const dayMilliseconds = 24 * 3_600_000
const batch = 100

export type AuditOrders = ReturnType<typeof createAuditOrders>

export function createAuditOrders({ readForAudit, windows, clock }: Needs) {
  /** `token` is an operator's: payments are read in their name. */
  return async ({ since, until }: AuditQuery, token: string, signal: AbortSignal): Promise<Audit> => {
    const range = readRange(since, until, clock.now())
    const audit: Audit = { checked: 0, violations: [] }
    let after: OrderRow | undefined
    do {
      // What was seen so far must not look like the whole.
      if (signal.aborted) throw refuse('SHUTTING_DOWN', 'the server stops: ask for the audit again in a moment')
      const audited = await readForAudit.batch({ ...range, after, limit: batch }, token)
      const terms: AuditTerms = { now: clock.now(), windows }
      for (const it of audited) {
        if (violationsOf(it, terms).length === 0) continue
        // The parts were read one after the other, and an order may have moved meanwhile: what is wrong must be so twice.
        const again = await readForAudit.one(it.order.id, token)
        audit.violations.push(...violationsOf(again, { ...terms, now: clock.now() }))
      }
      audit.checked += audited.length
      after = audited.length === batch ? audited.at(-1)!.order : undefined
    } while (after)
    return audit
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

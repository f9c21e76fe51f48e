// What the metrics say of orders: how many are under way, how many should long have ended, and what the last audit came to.
import { auditRules } from '@waybill/contracts'
import type { Db } from '@waybill/platform/db'
import { type Metrics, rememberFor } from '@waybill/platform/metrics'
import type { LastAudit } from './bo/last-audit.ts'
import type * as orderDao from './dao/order-dao.ts'
import type * as processDao from './dao/process-dao.ts'
import { type AuditTerms, overdueSince } from './models/audit-rules.ts'
import type { OrderTables } from './models/tables.ts'

interface Needs {
  db: Db<OrderTables>
  orders: typeof orderDao
  processes: typeof processDao
  lastAudit: LastAudit
  /** As of now. */
  terms: () => AuditTerms
}

const rememberedMilliseconds = 5_000
/** Those who wait longest were placed first: overdue orders are among so many of each state. */
const lookedAtAtMost = 1_000
const countedAtMost = 10_000

export function addOrderGauges(metrics: Metrics, { db, orders, processes, lastAudit, terms }: Needs): void {
  const countStuck = (state: 'created' | 'confirmed') =>
    rememberFor(rememberedMilliseconds, async () => {
      const oldest = await orders.listOldestInState(db, state, lookedAtAtMost)
      const now = terms()
      return oldest.filter(order => overdueSince(order, now) !== undefined).length
    })
  const stuck = { created: countStuck('created'), confirmed: countStuck('confirmed') }
  metrics.gauge('waybill_orders_stuck', 'Orders whose window has closed and that did not move on', async () => [
    { labels: { state: 'created' }, value: await stuck.created() },
    { labels: { state: 'confirmed' }, value: await stuck.confirmed() },
  ])

  const underWay = rememberFor(rememberedMilliseconds, () => processes.countUnderWay(db, countedAtMost))
  metrics.gauge(
    'waybill_processes_under_way',
    `Processes that have not ended, counted up to ${countedAtMost}`,
    async () => [{ labels: {}, value: await underWay() }],
  )

  // Of this process alone, and none before it has ended one.
  metrics.gauge('waybill_audit_checked', 'Orders that the last audit here has checked', async () =>
    lastAudit.ended ? [{ labels: {}, value: lastAudit.ended.checked }] : [],
  )
  metrics.gauge('waybill_audit_finished_timestamp_seconds', 'When the last audit here ended, since 1970', async () =>
    lastAudit.ended ? [{ labels: {}, value: lastAudit.ended.at / 1_000 }] : [],
  )
  metrics.gauge(
    'waybill_audit_violations',
    'What the last audit here has found',
    async () => {
      const found = lastAudit.ended?.violations
      return found ? auditRules.map(rule => ({ labels: { rule }, value: found[rule] ?? 0 })) : []
    },
    ['rule'],
  )
}

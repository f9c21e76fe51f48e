// What the metrics say of payments: those of which nobody knows whether the money was moved.
import type { Clock } from '@waybill/platform/clock'
import type { Db } from '@waybill/platform/db'
import { type Metrics, rememberFor } from '@waybill/platform/metrics'
import type * as paymentDao from './dao/payment-dao.ts'
import type { PaymentTables } from './models/tables.ts'

interface Needs {
  db: Db<PaymentTables>
  payments: typeof paymentDao
  clock: Clock
}

const rememberedMilliseconds = 5_000
/** A thousand are as alarming as a million, and cost less to find. */
const countedAtMost = 1_000

export function addPaymentGauges(metrics: Metrics, { db, payments, clock }: Needs): void {
  const unknown = rememberFor(rememberedMilliseconds, () => payments.listOldestInState(db, 'unknown', countedAtMost))

  metrics.gauge('waybill_payments_unknown', 'Payments whose gateway has not said what became of them', async () => [
    { labels: {}, value: (await unknown()).length },
  ])
  metrics.gauge('waybill_payments_unknown_oldest_seconds', 'For how long the oldest of them has been so', async () => {
    const now = clock.now()
    const ages = (await unknown()).map(payment => now - payment.updated_at)
    return [{ labels: {}, value: Math.max(0, ...ages) / 1_000 }]
  })
}

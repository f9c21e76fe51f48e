// Stores an attempt before anybody calls the gateway for it: the one that leads to what is wanted, or a refund that was asked for.
import type { PaymentOperation } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Tx } from '@waybill/platform/db'
import { rememberContext } from '@waybill/platform/log'
import type * as attemptDao from '../dao/attempt-dao.ts'
import { type AttemptRow, newAttempt } from '../models/attempt.ts'
import { leftToRefund, type PaymentRow } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { FreshAttempts } from './fresh-attempts.ts'
import type { PaymentBook } from './payment-book.ts'
import { nextOperation } from './payment-states.ts'

interface Needs {
  book: PaymentBook
  attempts: typeof attemptDao
  fresh: FreshAttempts
  clock: Clock
}

export type BeginAttempt = ReturnType<typeof createBeginAttempt>

export function createBeginAttempt({ book, attempts, fresh, clock }: Needs) {
  async function begin(
    tx: Tx<PaymentTables>,
    payment: PaymentRow,
    step: { operation: PaymentOperation; amount: number; reason?: string },
  ): Promise<AttemptRow> {
    const attempt = newAttempt(payment, { ...step, requestId: rememberContext().request_id, now: clock.now() })
    await attempts.insertAttempt(tx, attempt)
    fresh.note(tx, attempt.id)
    return attempt
  }

  /**
   * The next step towards what is wanted; undefined where there is none. No attempt may be open, and the same transaction
   * must have changed the payment, so that nobody else decides at the same time.
   */
  async function beginNext(tx: Tx<PaymentTables>, payment: PaymentRow): Promise<AttemptRow | undefined> {
    const operation = nextOperation(payment)
    if (!operation) return undefined
    if (operation !== 'refund') return begin(tx, payment, { operation, amount: payment.amount })
    const amount = leftToRefund(payment)
    await book.change(tx, payment, { refund_reserved: payment.refund_reserved + amount })
    return begin(tx, payment, { operation, amount, reason: 'the order was cancelled' })
  }

  return { begin, beginNext }
}

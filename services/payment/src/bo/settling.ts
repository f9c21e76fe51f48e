// Sets payments in motion: what is to be done is a due row in the transaction that makes it necessary.
import type { Clock } from '@waybill/platform/clock'
import type { Timers, Tx } from '@waybill/platform/db'
import type { AttemptRow } from '../models/attempt.ts'
import type { PaymentRow, PaymentWithAttempts } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { BeginAttempt } from './begin-attempt.ts'
import type { PaymentBook } from './payment-book.ts'

interface Needs {
  book: PaymentBook
  beginAttempt: BeginAttempt
  timers: Timers
  clock: Clock
}

/** The timer kind; its subject is a payment's id. */
export const settlePaymentTimer = 'settle-payment'

export type Settling = ReturnType<typeof createSettling>

export function createSettling({ book, beginAttempt, timers, clock }: Needs) {
  /** Takes the first step for a payment that this transaction opened or changed; `isNew`: there was no attempt before. */
  async function start(tx: Tx<PaymentTables>, payment: PaymentRow, isNew: boolean): Promise<void> {
    const attempt = await beginAttempt.beginNext(tx, payment)
    await wake(tx, payment.id, isNew && attempt ? { payment, attempts: [attempt] } : undefined)
  }

  /** Wants something else of a payment. `underWay`: an attempt is open; whoever works on it takes the next step. */
  async function pursue(
    tx: Tx<PaymentTables>,
    payment: PaymentRow,
    changes: Partial<PaymentRow> & Pick<PaymentRow, 'wanted'>,
    underWay = false,
  ): Promise<void> {
    const changed = await book.change(tx, payment, changes)
    if (!underWay) await beginAttempt.beginNext(tx, changed)
    await wake(tx, payment.id)
  }

  /** Begins to give back; undefined where the payment is not captured or less than `amount` is left of it. */
  async function refund(
    tx: Tx<PaymentTables>,
    payment: PaymentRow,
    amount: number,
    reason: string,
  ): Promise<AttemptRow | undefined> {
    if (!(await book.reserveRefund(tx, payment, amount))) return undefined
    const attempt = await beginAttempt.begin(tx, payment, { operation: 'refund', amount, reason })
    await wake(tx, payment.id)
    return attempt
  }

  function wake(tx: Tx<PaymentTables>, paymentId: string, known?: PaymentWithAttempts): Promise<void> {
    return timers.schedule(tx, settlePaymentTimer, paymentId, clock.now(), known)
  }

  return { start, pursue, refund, wake }
}

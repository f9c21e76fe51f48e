// Decides how a payment goes on once its attempts have been worked on: the next step now, the same one later, a question later, or nothing.
import type { Outbox } from '@waybill/platform/bus'
import type { Clock } from '@waybill/platform/clock'
import type { Timer, Tx } from '@waybill/platform/db'
import type { AttemptRow } from '../models/attempt.ts'
import { type PaymentRow, type PaymentWithAttempts, paymentFact } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { BeginAttempt } from './begin-attempt.ts'
import type { PaymentBook } from './payment-book.ts'
import { nextOperation } from './payment-states.ts'

interface Needs {
  book: PaymentBook
  beginAttempt: BeginAttempt
  outbox: Outbox
  clock: Clock
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
/** How long after a lost answer, and after each question that found none, the gateway is asked. */
const inquiryDelays = [5 * second, 30 * second, 5 * minute, hour]
const retryAtMost = 5 * minute

export type DecideNextStep = ReturnType<typeof createDecideNextStep>

export function createDecideNextStep({ book, beginAttempt, outbox, clock }: Needs) {
  /**
   * Answers the attempts to work on at once; where there are none, `timer` is completed or due again.
   * `isFirstLook`: nothing was asked yet, so what waited for this moment is due.
   */
  return async (
    tx: Tx<PaymentTables>,
    timer: Timer,
    { payment, attempts }: PaymentWithAttempts,
    isFirstLook: boolean,
  ): Promise<AttemptRow[]> => {
    const open = attempts.filter(({ outcome }) => outcome === 'unknown')
    if (open.length > 0) {
      if (isFirstLook) return open
      await timer.reschedule(tx, clock.now() + Math.min(...open.map(untilInquiry)))
      return []
    }
    const operation = nextOperation(payment)
    if (!operation) {
      if (payment.wanted === 'void' && payment.state === 'pending') await voidUnauthorized(tx, payment)
      await timer.complete(tx)
      return []
    }
    const pause = isFirstLook ? 0 : untilRetry(attempts.filter(attempt => attempt.operation === operation))
    if (pause > 0) {
      await timer.reschedule(tx, clock.now() + pause)
      return []
    }
    const next = await beginAttempt.beginNext(tx, await book.change(tx, payment, {}))
    return next ? [next] : []
  }

  /** Called off, and the gateway knows nothing of it. */
  async function voidUnauthorized(tx: Tx<PaymentTables>, payment: PaymentRow): Promise<void> {
    const voided = await book.change(tx, payment, { state: 'voided', wanted: null }, 'the order was cancelled')
    await outbox.add(tx, 'payment.voided', voided.order_id, paymentFact(voided))
  }
}

/** 0 for an attempt that nobody has got an answer about because the service stops, or that came meanwhile. */
function untilInquiry({ lost, inquiries }: AttemptRow): number {
  return lost === 0 ? 0 : inquiryDelays[Math.min(inquiries, inquiryDelays.length - 1)]!
}

/** The same step was tried before: outages pause 1 s, 2 s, 4 s … 5 min, a refusal an hour. 0 where it was not. */
function untilRetry(tried: AttemptRow[]): number {
  const last = tried.at(-1)
  if (!last || last.outcome === 'succeeded') return 0
  if (last.outcome === 'declined') return hour
  return Math.min(second * 2 ** (tried.length - 1), retryAtMost)
}

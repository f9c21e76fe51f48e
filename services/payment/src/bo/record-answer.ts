// Writes down what a gateway answered and all that it makes true: the attempt, the payment's state, its history and the event.
import type { Outbox } from '@waybill/platform/bus'
import { afterCommit, type Tx } from '@waybill/platform/db'
import type * as attemptDao from '../dao/attempt-dao.ts'
import type { AttemptRow } from '../models/attempt.ts'
import { type PaymentRow, type PaymentWithAttempts, paymentFact } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { Answered } from './ask-gateway.ts'
import type { PaymentBook } from './payment-book.ts'
import type { RefundOutcomes } from './refund-outcomes.ts'

interface Needs {
  attempts: typeof attemptDao
  book: PaymentBook
  outbox: Outbox
  refundOutcomes: RefundOutcomes
}

type Known = Exclude<Answered, { outcome: 'unknown' | 'interrupted' }>

export type RecordAnswer = ReturnType<typeof createRecordAnswer>

export function createRecordAnswer({ attempts, book, outbox, refundOutcomes }: Needs) {
  /** `of`: as read in this transaction. Answers the payment as it is then. */
  return async (
    tx: Tx<PaymentTables>,
    of: PaymentWithAttempts,
    attempt: AttemptRow,
    answer: Answered,
  ): Promise<PaymentWithAttempts> => {
    if (answer.outcome === 'interrupted') return of
    const result = answer.outcome === 'unknown' ? lost(attempt, answer.error) : closed(answer)
    // Recorded by somebody else meanwhile: what it made true is written already.
    if (!(await attempts.updateOpenAttempt(tx, attempt.id, result))) return of
    const all = of.attempts.map(each => (each.id === attempt.id ? { ...each, ...result } : each))
    const payment = await changePayment(tx, { payment: of.payment, attempts: all }, attempt, answer)
    if (attempt.operation === 'refund') afterCommit(tx, () => refundOutcomes.announce(attempt.id))
    return { payment, attempts: all }
  }

  async function changePayment(
    tx: Tx<PaymentTables>,
    { payment, attempts: all }: PaymentWithAttempts,
    attempt: AttemptRow,
    answer: Exclude<Answered, { outcome: 'interrupted' }>,
  ): Promise<PaymentRow> {
    if (answer.outcome === 'unknown') {
      if (payment.state === 'unknown') return payment
      return book.change(tx, payment, { state: 'unknown' }, `${attempt.operation}: ${answer.error}`)
    }
    const isStillUnknown = all.some(each => each.outcome === 'unknown' && each.lost === 1)
    const changes = changesBy(payment, attempt, answer)
    const after = await book.change(
      tx,
      payment,
      isStillUnknown ? { ...changes, state: 'unknown' } : changes,
      attempt.reason ?? reasonOf(answer),
    )
    await publish(tx, after, attempt, answer)
    return after
  }

  async function publish(
    tx: Tx<PaymentTables>,
    payment: PaymentRow,
    attempt: AttemptRow,
    answer: Known,
  ): Promise<void> {
    const fact = paymentFact(payment, attempt.amount)
    if (answer.outcome === 'declined' && attempt.operation === 'authorize') {
      await outbox.add(tx, 'payment.declined', payment.order_id, { ...fact, decline_code: answer.code })
    }
    if (answer.outcome !== 'succeeded') return
    await outbox.add(tx, eventOf[attempt.operation], payment.order_id, fact)
  }
}

const eventOf = {
  authorize: 'payment.authorized',
  capture: 'payment.captured',
  void: 'payment.voided',
  refund: 'payment.refunded',
} as const

/** Where an answer leads. What did not succeed leaves the payment where it was before the attempt. */
function changesBy(payment: PaymentRow, attempt: AttemptRow, answer: Known): Partial<PaymentRow> {
  const succeeded = answer.outcome === 'succeeded'
  const { operation } = attempt
  const wanted = succeeded && payment.wanted === operation ? null : payment.wanted
  switch (operation) {
    case 'authorize':
      if (answer.outcome === 'declined')
        return { state: 'declined', decline_code: answer.code.slice(0, 100), wanted: null }
      return { state: succeeded ? 'authorized' : 'pending', wanted }
    case 'capture':
      return { state: succeeded ? 'captured' : 'authorized', wanted }
    case 'void':
      return { state: succeeded ? 'voided' : 'authorized', wanted }
    case 'refund': {
      const refunded = payment.refunded_amount + (succeeded ? attempt.amount : 0)
      const isAllBack = succeeded && refunded === payment.amount
      return {
        state: isAllBack ? 'refunded' : 'captured',
        wanted: isAllBack ? null : wanted,
        refunded_amount: refunded,
        refund_reserved: payment.refund_reserved - attempt.amount,
      }
    }
  }
}

function lost(attempt: AttemptRow, error: string): Partial<AttemptRow> {
  return { lost: 1, inquiries: attempt.lost === 1 ? attempt.inquiries + 1 : 0, error }
}

function closed(answer: Known): Partial<AttemptRow> {
  switch (answer.outcome) {
    case 'succeeded':
      return { outcome: 'succeeded', gateway_reference: answer.reference, error: null }
    case 'declined':
      return { outcome: 'declined', error: short(answer.code) }
    case 'failed':
      return { outcome: 'failed', error: short(answer.error) }
  }
}

function reasonOf(answer: Known): string | null {
  if (answer.outcome === 'declined') return short(answer.code)
  return answer.outcome === 'failed' ? short(answer.error) : null
}

/** A gateway may say more than our columns hold. */
function short(text: string): string {
  return text.slice(0, 500)
}

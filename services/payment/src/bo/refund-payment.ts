// Gives money back: sets the amount aside in one guarded step, then has the gateway give it, and waits for what comes of it.
import type { Payment, RefundBody } from '@waybill/contracts'
import type { Database, Tx } from '@waybill/platform/db'
import { type ApiError, refuse } from '@waybill/platform/http'
import type * as paymentDao from '../dao/payment-dao.ts'
import type { AttemptRow } from '../models/attempt.ts'
import { leftToRefund, type PaymentRow, presentPayment } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { RefundOutcomes } from './refund-outcomes.ts'
import type { Settling } from './settling.ts'

interface Needs {
  database: Database<PaymentTables>
  payments: typeof paymentDao
  settling: Settling
  refundOutcomes: RefundOutcomes
  /** How long an outcome is waited for, milliseconds. */
  patience: number
}

export type RefundPayment = ReturnType<typeof createRefundPayment>

export function createRefundPayment({ database, payments, settling, refundOutcomes, patience }: Needs) {
  return async (id: string, { amount, reason }: RefundBody): Promise<Payment> => {
    const { attempt, recorded } = await database.transaction(async tx => {
      const payment = await payments.findPayment(tx, id)
      if (!payment) throw refuse('PAYMENT_NOT_FOUND', `there is no payment ${id}`)
      const attempt = await begin(tx, payment, amount ?? leftToRefund(payment), reason)
      // Waited for from before the commit: the work begins with it and may be quicker than we are.
      return { attempt, recorded: refundOutcomes.wait(attempt.id, patience) }
    })
    const look = async () => {
      const found = (await payments.findPaymentWithAttempts(database.db, id))!
      return { found, stands: found.attempts.find(each => each.id === attempt.id)! }
    }
    await recorded(async () => isAnswered((await look()).stands))
    const { found, stands } = await look()
    const refusal = refusalOf(stands)
    if (refusal) throw refusal
    return presentPayment(found)
  }

  async function begin(
    tx: Tx<PaymentTables>,
    payment: PaymentRow,
    amount: number,
    reason: string,
  ): Promise<AttemptRow> {
    if (payment.state === 'unknown') {
      throw refuse('PAYMENT_BUSY', `payment ${payment.id} has an operation whose outcome is not known yet: try later`)
    }
    const attempt = amount < 1 ? undefined : await settling.refund(tx, payment, amount, reason)
    if (!attempt) throw tooMuch(payment, amount)
    return attempt
  }
}

/** The gateway was asked, and its answer is known to be there or to be lost. */
function isAnswered({ outcome, lost }: AttemptRow): boolean {
  return outcome !== 'unknown' || lost === 1
}

function tooMuch(payment: PaymentRow, amount: number): ApiError {
  const detail =
    payment.state === 'captured'
      ? `${leftToRefund(payment)} ${payment.currency} (minor units) are left to give back, ${amount} were asked for`
      : `payment ${payment.id} is ${payment.state}: nothing of it can be given back`
  return refuse('REFUND_EXCEEDS_CAPTURED', detail)
}

/** An outcome that is unknown is no refusal: the payment says so, and the gateway is asked again. */
function refusalOf({ outcome, error }: AttemptRow): ApiError | undefined {
  if (outcome === 'declined') return refuse('GATEWAY_REFUSED', `the gateway refused the refund: ${error}`)
  if (outcome !== 'failed') return undefined
  const detail = `the gateway is out of order, nothing was given back: try again in a moment (${error})`
  return refuse('DEPENDENCY_UNAVAILABLE', detail, { headers: { 'Retry-After': '5' } })
}

// Works on a payment until what is wanted is reached or has to wait: due work, safe to be run twice and to be interrupted anywhere.
import { type Database, type Timer, TransactionConflict } from '@waybill/platform/db'
import { rememberContext, withRememberedContext } from '@waybill/platform/log'
import type * as paymentDao from '../dao/payment-dao.ts'
import type { AttemptRow } from '../models/attempt.ts'
import type { PaymentWithAttempts } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { Answered, AskGateway } from './ask-gateway.ts'
import type { DecideNextStep } from './decide-next-step.ts'
import type { RecordAnswer } from './record-answer.ts'

interface Needs {
  database: Database<PaymentTables>
  payments: typeof paymentDao
  askGateway: AskGateway
  recordAnswer: RecordAnswer
  decideNextStep: DecideNextStep
}

export function createSettlePayment({ database, payments, askGateway, recordAnswer, decideNextStep }: Needs) {
  return async (timer: Timer, stopping: AbortSignal): Promise<void> => {
    const known = timer.known as PaymentWithAttempts | undefined
    const found = known ?? (await payments.findPaymentWithAttempts(database.db, timer.subject))
    if (!found) return
    // The answer belongs to the request that asked for the step, however much later it comes and whoever woke us.
    const { request_id, traceparent } = found.payment
    const context = { request_id, traceparent: traceparent ?? rememberContext().traceparent }
    await withRememberedContext(context, () => settle(timer, found, stopping))
  }

  async function settle(timer: Timer, found: PaymentWithAttempts, stopping: AbortSignal): Promise<void> {
    let current = found
    let open = found.attempts.filter(({ outcome }) => outcome === 'unknown')
    if (open.length === 0) ({ current, open } = await goOn(timer, current, []))
    while (open.length > 0) {
      const answers = await Promise.all(open.map(attempt => askGateway(current, attempt, stopping)))
      ;({ current, open } = await goOn(
        timer,
        current,
        open.map((attempt, at) => ({ attempt, answer: answers[at]! })),
      ))
    }
  }

  /** One transaction: what was answered, what it makes true, and what is next. */
  function goOn(timer: Timer, asRead: PaymentWithAttempts, answers: { attempt: AttemptRow; answer: Answered }[]) {
    // What was read before the gateway was asked holds, or the version that guards each change says so: then it is read anew.
    let known: PaymentWithAttempts | undefined = asRead
    return database.transaction(async tx => {
      let current = known ?? (await payments.findPaymentWithAttempts(tx, timer.subject))
      const isRead = known === undefined
      known = undefined
      if (!current) throw new Error(`payment ${timer.subject} is gone`)
      for (const { attempt, answer } of answers) {
        const before: PaymentWithAttempts = current
        current = await recordAnswer(tx, before, attempt, answer)
        const isRecordedBefore = current === before && answer.outcome !== 'interrupted'
        if (isRecordedBefore && !isRead) throw new TransactionConflict('somebody else has recorded the answer')
      }
      const open = await decideNextStep(tx, timer, current, answers.length === 0)
      return { current, open }
    }, asRead.payment.order_id)
  }
}

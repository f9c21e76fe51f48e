// The book of payments: the one way to open and to change one, with its transition table, its guard and its history.
import type { Clock } from '@waybill/platform/clock'
import { TransactionConflict, type Tx } from '@waybill/platform/db'
import { rememberContext } from '@waybill/platform/log'
import { uuidv7 } from 'uuidv7'
import type * as paymentDao from '../dao/payment-dao.ts'
import { newPayment, type OrderFacts, type PaymentRow } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import { paymentTransitions } from './payment-states.ts'

interface Needs {
  payments: typeof paymentDao
  clock: Clock
  /** Of orders that name none. */
  preferredGateway: string
}

/** Somebody else was quicker: what was decided no longer holds, the transaction is run again. */
export class PaymentChangedMeanwhile extends TransactionConflict {
  override readonly name = 'PaymentChangedMeanwhile'
}

export type PaymentBook = ReturnType<typeof createPaymentBook>

export function createPaymentBook({ payments, clock, preferredGateway }: Needs) {
  /** Opens the payment of an order; answers the one that stands where there is one already. */
  async function open(
    tx: Tx<PaymentTables>,
    order: OrderFacts,
    first: Partial<PaymentRow> = {},
  ): Promise<{ payment: PaymentRow; isNew: boolean }> {
    const payment = { ...newPayment(order, clock.now(), preferredGateway, origin()), ...first }
    if (await payments.insertPayment(tx, payment)) {
      await remember(tx, null, payment, null)
      return { payment, isNew: true }
    }
    const standing = await payments.findPaymentOfOrder(tx, order.order_id)
    if (!standing) throw new Error(`the payment of order ${order.order_id} is there and cannot be read`)
    return { payment: standing, isNew: false }
  }

  /** Throws where the table does not allow it, and PaymentChangedMeanwhile where `payment` is not what stands. */
  async function change(
    tx: Tx<PaymentTables>,
    payment: PaymentRow,
    changes: Partial<PaymentRow>,
    reason: string | null = null,
  ): Promise<PaymentRow> {
    const to = changes.state ?? payment.state
    if (to !== payment.state && !paymentTransitions[payment.state].includes(to)) {
      throw new Error(`payment ${payment.id} is ${payment.state}: it cannot become ${to}`)
    }
    const setOff = changes.wanted ? origin() : {}
    const after = await payments.updatePayment(tx, payment, { ...changes, ...setOff, updated_at: clock.now() })
    if (!after) throw new PaymentChangedMeanwhile(`payment ${payment.id} was changed by somebody else`)
    if (to !== payment.state) await remember(tx, payment, after, reason)
    return after
  }

  async function remember(
    tx: Tx<PaymentTables>,
    before: PaymentRow | null,
    after: PaymentRow,
    reason: string | null,
  ): Promise<void> {
    await payments.insertHistory(tx, {
      id: uuidv7(),
      payment_id: after.id,
      from_state: before?.state ?? null,
      to_state: after.state,
      reason,
      at: clock.now(),
      request_id: origin().request_id,
    })
  }

  /** Sets `amount` aside for a refund; false where the payment is not captured or less than that is left of it. */
  function reserveRefund(tx: Tx<PaymentTables>, payment: PaymentRow, amount: number): Promise<boolean> {
    const by = { ...origin(), updated_at: clock.now() }
    return payments.reserveRefund(tx, payment.id, amount, by)
  }

  return { open, change, reserveRefund }
}

/** The request that led here, and its trace; work outside of any gets an id of its own. */
function origin(): Pick<PaymentRow, 'request_id' | 'traceparent'> {
  const { request_id, traceparent } = rememberContext()
  return { request_id: request_id ?? uuidv7(), traceparent }
}

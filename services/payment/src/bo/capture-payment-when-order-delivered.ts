// An order was delivered: the money that was reserved for it is taken.
import type { CloudEvent } from '@waybill/contracts'
import type { Tx } from '@waybill/platform/db'
import type * as paymentDao from '../dao/payment-dao.ts'
import type { PaymentRow } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { Settling } from './settling.ts'

interface Needs {
  payments: typeof paymentDao
  settling: Settling
}

export function createCapturePaymentWhenOrderDelivered({ payments, settling }: Needs) {
  return async (tx: Tx<PaymentTables>, { data: { order_id } }: CloudEvent<'order.delivered'>): Promise<void> => {
    const payment = await payments.findPaymentOfOrder(tx, order_id)
    // Thrown, not passed over: the message is tried again and in the end stands before an operator.
    if (!payment) throw new Error(`order ${order_id} was delivered and has no payment`)
    if (isTaken(payment)) return
    const isReserved = payment.state === 'authorized' && payment.wanted === null
    if (!isReserved && payment.wanted !== 'authorize') {
      throw new Error(
        `order ${order_id} was delivered, its payment is ${payment.state} and ${payment.wanted} is wanted`,
      )
    }
    await settling.pursue(tx, payment, { wanted: 'capture' }, !isReserved)
  }
}

/** Captured, or as good as: an `unknown` one from which nothing is wanted waits for a refund's outcome. */
function isTaken({ state, wanted }: PaymentRow): boolean {
  if (state === 'captured' || state === 'refunded' || wanted === 'capture') return true
  return state === 'unknown' && wanted === null
}

// Pays for an order that was placed to be paid later: the money is reserved from now on.
import type { PayBody, Payment } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { AnyTx, Database } from '@waybill/platform/db'
import { refuse, refuseField } from '@waybill/platform/http'
import type * as paymentDao from '../dao/payment-dao.ts'
import type { Gateways } from '../gateways/factory.ts'
import { type PaymentRow, presentPayment } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { FindPaymentOfOrder } from './find-payment-of-order.ts'
import { isUnpaid } from './payment-states.ts'
import type { Settling } from './settling.ts'

interface Needs {
  database: Database<PaymentTables>
  payments: typeof paymentDao
  findPaymentOfOrder: FindPaymentOfOrder
  gateways: Gateways
  settling: Settling
}

export type PayOrder = ReturnType<typeof createPayOrder>

export function createPayOrder({ database, payments, findPaymentOfOrder, gateways, settling }: Needs) {
  /** `keep` is called with the answer in the transaction that makes it true. */
  return async (
    caller: Principal,
    token: string,
    body: PayBody,
    keep: (tx: AnyTx, payment: Payment) => Promise<void>,
  ): Promise<Payment> => {
    const found = await findPaymentOfOrder(body.order_id, token)
    if (!found || found.user_id !== caller.user_id) {
      throw refuse('ORDER_NOT_FOUND', `there is no order ${body.order_id} of yours`)
    }
    const choice = chosen(found, body)
    const refusal = gateways.refusalOf(choice.gateway, choice.token)
    if (refusal) throw refuseField(refusal.field, refusal.message)
    return database.transaction(async tx => {
      const payment = await payments.findPayment(tx, found.id)
      if (payment?.payment_mode !== 'later' || !isUnpaid(payment)) throw notPayable(payment ?? found)
      await settling.pursue(tx, payment, { ...choice, wanted: 'authorize' })
      const paid = presentPayment((await payments.findPaymentWithAttempts(tx, payment.id))!)
      await keep(tx, paid)
      return paid
    }, found.order_id)
  }
}

/** What is said now counts; a token that was given with the order belongs to the gateway that was. */
function chosen(payment: PaymentRow, { gateway, token }: PayBody): { gateway: string; token: string | null } {
  const isSameGateway = gateway === undefined || gateway === payment.gateway
  return { gateway: gateway ?? payment.gateway, token: token ?? (isSameGateway ? payment.token : null) }
}

function notPayable({ order_id, payment_mode, state, wanted }: PaymentRow) {
  const why =
    payment_mode === 'now'
      ? 'it was placed with payment mode now and is paid without you'
      : wanted === 'authorize'
        ? 'its payment is under way'
        : `its payment is ${state}`
  return refuse('ORDER_NOT_PAYABLE', `order ${order_id} does not wait for a payment: ${why}`)
}

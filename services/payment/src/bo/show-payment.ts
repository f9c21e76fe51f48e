// Shows a payment to its owner and to operators; to everybody else there is none.
import type { Payment } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Database } from '@waybill/platform/db'
import { type ApiError, refuse } from '@waybill/platform/http'
import type * as paymentDao from '../dao/payment-dao.ts'
import { mayRead, presentPayment } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { FindPaymentOfOrder } from './find-payment-of-order.ts'

interface Needs {
  database: Database<PaymentTables>
  payments: typeof paymentDao
  findPaymentOfOrder: FindPaymentOfOrder
}

export type ShowPayment = ReturnType<typeof createShowPayment>

export function createShowPayment({ database, payments, findPaymentOfOrder }: Needs) {
  async function byId(caller: Principal, id: string): Promise<Payment> {
    return show(caller, id, () => refuse('PAYMENT_NOT_FOUND', `there is no payment ${id}`))
  }

  async function ofOrder(caller: Principal, token: string, orderId: string): Promise<Payment> {
    const noPayment = () => refuse('PAYMENT_NOT_FOUND', `there is no payment of an order ${orderId}`)
    const payment = await findPaymentOfOrder(orderId, token)
    if (!payment) throw noPayment()
    return show(caller, payment.id, noPayment)
  }

  async function show(caller: Principal, id: string, refusal: () => ApiError): Promise<Payment> {
    const found = await payments.findPaymentWithAttempts(database.db, id)
    if (!found || !mayRead(caller, found.payment)) throw refusal()
    return presentPayment(found)
  }

  return { byId, ofOrder }
}

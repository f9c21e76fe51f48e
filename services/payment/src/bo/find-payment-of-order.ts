// Finds the payment of an order; where the order's event is still on its way, the payment is opened from the order itself.
import type { Order } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Database } from '@waybill/platform/db'
import { type Peer, refuse } from '@waybill/platform/http'
import type * as paymentDao from '../dao/payment-dao.ts'
import { type PaymentRow, paymentFact } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { PaymentBook } from './payment-book.ts'

interface Needs {
  database: Database<PaymentTables>
  payments: typeof paymentDao
  orderService: Peer
  book: PaymentBook
  outbox: Outbox
}

export type FindPaymentOfOrder = ReturnType<typeof createFindPaymentOfOrder>

export function createFindPaymentOfOrder({ database, payments, orderService, book, outbox }: Needs) {
  /** `token`: the caller's own; undefined where they may not see such an order. */
  return async (orderId: string, token: string): Promise<PaymentRow | undefined> => {
    const found = await payments.findPaymentOfOrder(database.db, orderId)
    if (found) return found
    const { status, data: order, code } = await orderService.call<Order>('GET', `/order/${orderId}`, { token })
    if (code === 'NOT_AUTHENTICATED') throw refuse(code, 'the access token is no longer valid: sign in again')
    if (status === 404) return undefined
    if (status !== 200) throw orderService.unavailable(`${status} ${code}`)
    return database.transaction(async tx => {
      // Cancelled already, and none of its events came: it begins at its end, as it would with order.cancelled.
      const first = order.state === 'cancelled' ? { state: 'voided' as const } : {}
      const { payment, isNew } = await book.open(tx, { ...order, order_id: order.id }, first)
      if (isNew && payment.state === 'voided') await outbox.add(tx, 'payment.voided', order.id, paymentFact(payment))
      return payment
    })
  }
}

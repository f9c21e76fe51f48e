// Lists payments, newest first: a caller's own, those of one order, and for operators those of anybody; all, or those in one state.
import type { ListPaymentsQuery, Payment } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { type Cursors, cutPage, refuse } from '@waybill/platform/http'
import type * as attemptDao from '../dao/attempt-dao.ts'
import type * as paymentDao from '../dao/payment-dao.ts'
import { mayRead, presentPayment } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { FindPaymentOfOrder } from './find-payment-of-order.ts'

interface Needs {
  db: Db<PaymentTables>
  payments: typeof paymentDao
  attempts: typeof attemptDao
  cursors: Cursors
  findPaymentOfOrder: FindPaymentOfOrder
}

export type ListPayments = ReturnType<typeof createListPayments>

export function createListPayments({ db, payments, attempts, cursors, findPaymentOfOrder }: Needs) {
  return async (
    caller: Principal,
    token: string,
    query: ListPaymentsQuery,
  ): Promise<{ payments: Payment[]; nextCursor: string | null }> => {
    const isOperator = caller.role === 'operator'
    if (!isOperator && (query.user_id !== undefined || query.all !== undefined)) {
      throw refuse('FORBIDDEN', 'user_id and all are for operators: leave them out to see your own payments')
    }
    if (query.order_id !== undefined) await checkOrder(caller, token, query.order_id)
    const before = query.cursor === undefined ? undefined : cursors.decode<string>('payments', query.cursor)
    const filter = { userId: userIn(query, caller), orderId: query.order_id, state: query.state }
    const found = await payments.listPayments(db, filter, query.limit + 1, before)
    const { rows, nextCursor } = cutPage(found, query.limit, last => cursors.encode('payments', last.id))
    const tried = Map.groupBy(
      await attempts.listAttempts(
        db,
        rows.map(({ id }) => id),
      ),
      attempt => attempt.payment_id,
    )
    return {
      payments: rows.map(payment => presentPayment({ payment, attempts: tried.get(payment.id) ?? [] })),
      nextCursor,
    }
  }

  async function checkOrder(caller: Principal, token: string, orderId: string): Promise<void> {
    const payment = await findPaymentOfOrder(orderId, token)
    if (!payment || !mayRead(caller, payment)) throw refuse('ORDER_NOT_FOUND', `there is no order ${orderId}`)
  }
}

/** Whose payments are asked for; undefined for everybody's. An operator who names an order need not say whose it is. */
function userIn(query: ListPaymentsQuery, caller: Principal): string | undefined {
  if (query.user_id !== undefined) return query.user_id
  if (query.all === true || (caller.role === 'operator' && query.order_id !== undefined)) return undefined
  return caller.user_id
}

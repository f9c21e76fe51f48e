// Lists the payments of many orders at once, for operators: it reads only, and opens none that is missing.
import type { Payment } from '@waybill/contracts'
import type { Db } from '@waybill/platform/db'
import type * as paymentDao from '../dao/payment-dao.ts'
import { presentPayment } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'

interface Needs {
  db: Db<PaymentTables>
  payments: typeof paymentDao
}

export type ListPaymentsOfOrders = ReturnType<typeof createListPaymentsOfOrders>

export function createListPaymentsOfOrders({ db, payments }: Needs) {
  return async (orderIds: string[]): Promise<Payment[]> =>
    (await payments.listPaymentsOfOrders(db, orderIds)).map(presentPayment)
}

// An order was cancelled: no money may stay with us, whatever is under way.
import type { CloudEvent } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Tx } from '@waybill/platform/db'
import type * as attemptDao from '../dao/attempt-dao.ts'
import type * as paymentDao from '../dao/payment-dao.ts'
import { type PaymentRow, paymentFact } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { PaymentBook } from './payment-book.ts'
import type { Settling } from './settling.ts'

interface Needs {
  payments: typeof paymentDao
  attempts: typeof attemptDao
  book: PaymentBook
  outbox: Outbox
  settling: Settling
}

export function createVoidPaymentWhenOrderCancelled({ payments, attempts, book, outbox, settling }: Needs) {
  return async (tx: Tx<PaymentTables>, { data: order }: CloudEvent<'order.cancelled'>): Promise<void> => {
    // Nearly always it is there; whoever inserts what is there has all that share this commit run once more.
    const standing = await payments.findPaymentOfOrder(tx, order.order_id)
    // Where this event is quicker than order.created, the payment begins at its end, and the late event finds it there.
    const { payment, isNew } = standing
      ? { payment: standing, isNew: false }
      : await book.open(tx, order, { state: 'voided' })
    if (isNew) return say(tx, payment)
    if (isWithoutMoney(payment) || payment.wanted === 'void') return

    const underWay = await attempts.hasOpenAttempt(tx, payment.id)
    if (payment.state === 'pending' && !underWay) {
      // A timer that waits to try again finds nothing wanted, and ends.
      const changes = { state: 'voided' as const, wanted: null }
      return say(tx, await book.change(tx, payment, changes, order.cancel_reason))
    }
    await settling.pursue(tx, payment, { wanted: 'void' }, underWay)
  }

  async function say(tx: Tx<PaymentTables>, payment: PaymentRow): Promise<void> {
    await outbox.add(tx, 'payment.voided', payment.order_id, paymentFact(payment))
  }
}

function isWithoutMoney({ state }: PaymentRow): boolean {
  return state === 'declined' || state === 'voided' || state === 'refunded'
}

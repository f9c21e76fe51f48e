// An order was placed: its payment comes to be, and is authorized at once unless the customer pays later.
import type { CloudEvent } from '@waybill/contracts'
import type { Outbox } from '@waybill/platform/bus'
import type { Tx } from '@waybill/platform/db'
import type { Gateways } from '../gateways/factory.ts'
import { paymentFact } from '../models/payment.ts'
import type { PaymentTables } from '../models/tables.ts'
import type { PaymentBook } from './payment-book.ts'
import { isUnpaid } from './payment-states.ts'
import type { Settling } from './settling.ts'

interface Needs {
  book: PaymentBook
  gateways: Gateways
  outbox: Outbox
  settling: Settling
}

export function createAuthorizePaymentWhenOrderCreated({ book, gateways, outbox, settling }: Needs) {
  return async (tx: Tx<PaymentTables>, { data: order }: CloudEvent<'order.created'>): Promise<void> => {
    const choice = { gateway: order.gateway ?? gateways.preferred, token: order.payment_token }
    const isDueNow = order.payment_mode === 'now'
    const refusal = isDueNow ? gateways.refusalOf(choice.gateway, choice.token) : undefined
    const wanted = isDueNow && !refusal ? ('authorize' as const) : null

    const { payment: standing, isNew } = await book.open(tx, order, { wanted })
    // Cancelled before this event came, or handled already.
    if (!isNew && !isUnpaid(standing)) return
    // Somebody asked for the payment before this event came: then it is there, without what the customer chose.
    const payment = isNew ? standing : await book.change(tx, standing, { ...choice, wanted })

    if (refusal) {
      const decline = { state: 'declined' as const, decline_code: refusal.declineCode }
      const declined = await book.change(tx, payment, decline, `${refusal.field} ${refusal.message}`)
      const fact = { ...paymentFact(declined), decline_code: refusal.declineCode }
      await outbox.add(tx, 'payment.declined', declined.order_id, fact)
    } else if (wanted) {
      await settling.start(tx, payment, isNew)
    }
  }
}

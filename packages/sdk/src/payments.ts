// Payments: paying later, looking at what was paid, and giving it back.
import { type Api, splitOptions } from './api.ts'
import type { CallOptions, KeyedCallOptions } from './call-options.ts'
import type { ListFilters, OperatorFilters } from './list-filters.ts'
import type { Payment, PaymentGatewayOffer, PaymentState } from './models.ts'
import type { Pages } from './pages.ts'

export interface NewPayment {
  order_id: string
  /** That of the order unless given. */
  gateway?: string
  token?: string
}

export interface Refund {
  /** Minor units; all that is left unless given. */
  amount?: number
  reason: string
}

export interface ListPaymentsOptions extends ListFilters, OperatorFilters {
  order_id?: string
  state?: PaymentState
}

export class Payments {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /**
   * Pays for an order that was placed with `payment: { mode: 'later' }`. Sent again after a broken connection, under one
   * Idempotency-Key. Throws ORDER_NOT_FOUND, and ORDER_NOT_PAYABLE where the order does not wait for it.
   */
  pay(payment: NewPayment, options?: KeyedCallOptions): Promise<Payment> {
    return this.#api.ask('payOrder', { body: payment, options })
  }

  /** The gateways that are set up on this server. */
  gateways(options?: CallOptions): Promise<PaymentGatewayOffer[]> {
    return this.#api.ask('listPaymentGateways', { options })
  }

  /** The caller's payments, newest first. */
  list(options: ListPaymentsOptions = {}): Pages<Payment> {
    return this.#api.list('listPayments', splitOptions(options))
  }

  /** Throws PAYMENT_NOT_FOUND, also for somebody else's. */
  get(id: string, options?: CallOptions): Promise<Payment> {
    return this.#api.ask('showPayment', { params: { id }, options })
  }

  /** Throws PAYMENT_NOT_FOUND. */
  ofOrder(orderId: string, options?: CallOptions): Promise<Payment> {
    return this.#api.ask('showPaymentDetails', { query: { order_id: orderId }, options })
  }

  /** Operators: the payments of up to 100 orders, in no order; one without a payment is left out. */
  ofOrders(orderIds: string[], options?: CallOptions): Promise<Payment[]> {
    return this.#api.ask('listPaymentsOfOrders', { body: { order_ids: orderIds }, options })
  }

  /** Operators: gives money back. Throws PAYMENT_NOT_FOUND, REFUND_EXCEEDS_CAPTURED, PAYMENT_BUSY, GATEWAY_REFUSED. */
  refund(id: string, refund: Refund, options?: CallOptions): Promise<Payment> {
    return this.#api.ask('refundPayment', { params: { id }, body: refund, options })
  }
}

// The payment service's part of the contract: paying later, payments with their attempts, refunds and gateway webhooks.
import Joi from 'joi'
import { contract } from './contract.ts'
import { amount, answer, currency, id, idParams, namedAnswer, type PageQuery, pageQuery, time } from './fields.ts'
import { gatewayName, type OrderIdQuery, paymentChoice } from './order-api.ts'
import {
  attemptOutcomes,
  type Payment,
  type PaymentAttempt,
  type PaymentGatewayOffer,
  paymentOperations,
} from './payment-models.ts'
import { type PaymentState, paymentStates } from './words.ts'

export interface PayBody {
  order_id: string
  gateway?: string
  token?: string
}
export interface ListPaymentsQuery extends PageQuery {
  state?: PaymentState
  order_id?: string
  user_id?: string
  all?: boolean
}
export interface OrderIdsBody {
  order_ids: string[]
}
export interface RefundBody {
  amount?: number
  reason: string
}

export const paymentSchema = namedAnswer<Payment>('Payment', {
  id: id(),
  order_id: id(),
  user_id: id(),
  cloud: Joi.string(),
  gateway: Joi.string(),
  state: Joi.string().valid(...paymentStates),
  amount: amount(),
  currency: currency(),
  refunded_amount: amount(),
  verdict: Joi.string().valid('confirmed', 'declined', null),
  decline_code: Joi.string().allow(null),
  attempts: Joi.array().items(
    answer<PaymentAttempt>({
      id: id(),
      operation: Joi.string().valid(...paymentOperations),
      outcome: Joi.string().valid(...attemptOutcomes),
      amount: amount(),
      gateway_reference: Joi.string().allow(null),
      error: Joi.string().allow(null),
      inquiries: Joi.number().integer().min(0),
      request_id: Joi.string().allow(null),
      at: time(),
    }),
  ),
  created_at: time(),
  updated_at: time(),
})
const onePayment = { 200: { description: 'The payment', data: paymentSchema } }

export const paymentApi = {
  pay: contract({
    name: 'payOrder',
    summary: 'Pay for an order that was placed with payment mode later',
    headers: { 'Idempotency-Key': '1–255 printable ASCII; a second request with it gets the first answer again' },
    body: Joi.object<PayBody>({ order_id: id().required(), ...paymentChoice }),
    answers: { 202: { description: 'The payment, on its way to the gateway', data: paymentSchema } },
    errors: ['ORDER_NOT_FOUND', 'ORDER_NOT_PAYABLE', 'IDEMPOTENCY_KEY_REUSED', 'IDEMPOTENCY_IN_PROGRESS'],
  }),
  listGateways: contract({
    name: 'listPaymentGateways',
    summary: 'The payment gateways that are set up here',
    answers: {
      200: {
        description: 'The gateways',
        data: Joi.array().items(namedAnswer<PaymentGatewayOffer>('PaymentGateway', { name: Joi.string() })),
      },
    },
    errors: [],
  }),
  showPaymentDetails: contract({
    name: 'showPaymentDetails',
    summary: 'The payment of an order',
    query: Joi.object<OrderIdQuery>({ order_id: id().required() }),
    answers: onePayment,
    errors: ['PAYMENT_NOT_FOUND'],
  }),
  findPaymentDetails: contract({
    name: 'findPaymentDetails',
    summary: 'The payment of an order, by body',
    body: Joi.object<OrderIdQuery>({ order_id: id().required() }),
    answers: onePayment,
    errors: ['PAYMENT_NOT_FOUND'],
  }),
  showPayment: contract({
    name: 'showPayment',
    summary: 'A payment',
    params: idParams,
    answers: onePayment,
    errors: ['PAYMENT_NOT_FOUND'],
  }),
  listPayments: contract({
    name: 'listPayments',
    summary: "The caller's payments, newest first",
    query: Joi.object<ListPaymentsQuery>({
      ...pageQuery,
      state: Joi.string().valid(...paymentStates),
      order_id: id(),
      user_id: id().description('Operators: the payments of this user'),
      all: Joi.boolean().description('Operators: those of all users'),
    }),
    answers: { 200: { description: 'A page of payments', data: Joi.array().items(paymentSchema), paged: true } },
    errors: ['FORBIDDEN', 'ORDER_NOT_FOUND'],
  }),
  listPaymentsOfOrders: contract({
    name: 'listPaymentsOfOrders',
    summary: 'The payments of up to 100 orders; an order without one is left out',
    body: Joi.object<OrderIdsBody>({ order_ids: Joi.array().items(id()).min(1).max(100).unique().required() }),
    answers: { 200: { description: 'The payments, in no order', data: Joi.array().items(paymentSchema) } },
    errors: [],
  }),
  refund: contract({
    name: 'refundPayment',
    summary: 'Give money back, all that is left or a part',
    params: idParams,
    body: Joi.object<RefundBody>({
      amount: Joi.number().integer().min(1),
      reason: Joi.string().min(1).max(500).required(),
    }),
    answers: onePayment,
    errors: ['PAYMENT_NOT_FOUND', 'REFUND_EXCEEDS_CAPTURED', 'PAYMENT_BUSY', 'GATEWAY_REFUSED'],
  }),
  receiveWebhook: contract({
    name: 'receivePaymentWebhook',
    summary: "A gateway's webhook, verified by its signature",
    params: Joi.object<{ gateway: string }>({ gateway: gatewayName().required() }),
    answers: { 204: { description: 'Taken' } },
    errors: ['WEBHOOK_REFUSED', 'GATEWAY_NOT_FOUND'],
  }),
}

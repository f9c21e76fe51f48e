// The one place where the payment service is put together.
import { traced, tracedModule } from '@waybill/platform/log'
import { type CreateService, openStore, type Service, type ServiceHost } from '@waybill/platform/service'
import { createAskGateway } from './bo/ask-gateway.ts'
import { createAuthorizePaymentWhenOrderCreated } from './bo/authorize-payment-when-order-created.ts'
import { createBeginAttempt } from './bo/begin-attempt.ts'
import { createCapturePaymentWhenOrderDelivered } from './bo/capture-payment-when-order-delivered.ts'
import { createDecideNextStep } from './bo/decide-next-step.ts'
import { createFindPaymentOfOrder } from './bo/find-payment-of-order.ts'
import { FreshAttempts } from './bo/fresh-attempts.ts'
import { createKeepReference } from './bo/keep-reference.ts'
import { createListPayments } from './bo/list-payments.ts'
import { createListPaymentsOfOrders } from './bo/list-payments-of-orders.ts'
import { createPayOrder } from './bo/pay-order.ts'
import { createPaymentBook } from './bo/payment-book.ts'
import { createReceiveWebhook } from './bo/receive-webhook.ts'
import { createRecordAnswer } from './bo/record-answer.ts'
import { RefundOutcomes } from './bo/refund-outcomes.ts'
import { createRefundPayment } from './bo/refund-payment.ts'
import { createSettlePayment } from './bo/settle-payment.ts'
import { createSettling, settlePaymentTimer } from './bo/settling.ts'
import { createShowPayment } from './bo/show-payment.ts'
import { createVoidPaymentWhenOrderCancelled } from './bo/void-payment-when-order-cancelled.ts'
import { createPaymentController } from './controllers/payment-controller.ts'
import * as attemptDao from './dao/attempt-dao.ts'
import * as paymentDao from './dao/payment-dao.ts'
import { createGateways, type GatewayKind, gatewayKinds, openGateways } from './gateways/factory.ts'
import type { Gateway } from './gateways/gateway.ts'
import type { PaymentTables } from './models/tables.ts'
import { addPaymentGauges } from './payment-gauges.ts'
import { paymentRoutes } from './routes/payment-routes.ts'

/** What lies outside of the service and its host: chance, and the gateways across the network. */
export interface PaymentServiceOptions {
  random?: () => number
  /** How long a gateway may take to answer, milliseconds. */
  gatewayPatience?: number
  /** Stands between the service and each gateway: tests lose answers here. */
  wrapGateway?: (gateway: Gateway) => Gateway
  /** The gateways of this build, by name. */
  kinds?: Record<string, GatewayKind>
}

/** Payments under way at once: they wait for gateways, not for us. */
const settlingAtOnce = 200

export const createPaymentService: CreateService = paymentServiceWith({})

export function paymentServiceWith(options: PaymentServiceOptions): CreateService {
  return host => assemble(host, options)
}

async function assemble(host: ServiceHost, options: PaymentServiceOptions): Promise<Service> {
  const { clock, cursors, peers, settings, vault } = host
  const { gatewayPatience = 10_000, random = Math.random, wrapGateway = gateway => gateway } = options
  const { kinds = gatewayKinds } = options
  const log = host.log.child({ service: 'payment' })
  const store = await openStore<PaymentTables>(host, 'payment', new URL('../migrations/', import.meta.url))
  const { database, idempotency, outbox, timers } = store

  const payments = tracedModule(log, 'dao', paymentDao)
  const attempts = tracedModule(log, 'dao', attemptDao)

  const open = await openGateways(kinds, { settings, clock, log, vault, database, random })
  const gateways = createGateways(kinds, open.map(wrapGateway))

  const fresh = new FreshAttempts()
  const refundOutcomes = new RefundOutcomes()
  const book = tracedModule(log, 'bo', createPaymentBook({ payments, clock, preferredGateway: gateways.preferred }))
  const beginAttempt = tracedModule(log, 'bo', createBeginAttempt({ book, attempts, fresh, clock }))
  const settling = tracedModule(log, 'bo', createSettling({ book, beginAttempt, timers, clock }))

  store.consumer.subscribe(host.broker, {
    'order.created': traced(
      log,
      'bo',
      'authorizePaymentWhenOrderCreated',
      createAuthorizePaymentWhenOrderCreated({ book, gateways, outbox, settling }),
    ),
    'order.delivered': traced(
      log,
      'bo',
      'capturePaymentWhenOrderDelivered',
      createCapturePaymentWhenOrderDelivered({ payments, settling }),
    ),
    'order.cancelled': traced(
      log,
      'bo',
      'voidPaymentWhenOrderCancelled',
      createVoidPaymentWhenOrderCancelled({ payments, attempts, book, outbox, settling }),
    ),
  })

  const keepReference = traced(log, 'bo', 'keepReference', createKeepReference({ database, attempts }))
  const asking = createAskGateway({ gateways, fresh, keepReference, patience: gatewayPatience, log })
  const askGateway = traced(log, 'bo', 'askGateway', asking)
  const recording = createRecordAnswer({ attempts, book, outbox, refundOutcomes })
  const recordAnswer = traced(log, 'bo', 'recordAnswer', recording)
  const deciding = createDecideNextStep({ book, beginAttempt, outbox, clock })
  const decideNextStep = traced(log, 'bo', 'decideNextStep', deciding)
  const settlePayment = createSettlePayment({ database, payments, askGateway, recordAnswer, decideNextStep })
  timers.handle(settlePaymentTimer, traced(log, 'bo', 'settlePayment', settlePayment), { concurrency: settlingAtOnce })

  const findPaymentOfOrder = traced(
    log,
    'bo',
    'findPaymentOfOrder',
    createFindPaymentOfOrder({ database, payments, orderService: peers.order, book, outbox }),
  )
  const paying = createPayOrder({ database, payments, findPaymentOfOrder, gateways, settling })
  // A little longer than the gateway has, so that its answer can be recorded.
  const patience = gatewayPatience + 2_000
  const refunding = createRefundPayment({ database, payments, settling, refundOutcomes, patience })
  const listing = createListPayments({ db: database.db, payments, attempts, cursors, findPaymentOfOrder })
  const listPaymentsOfOrders = traced(
    log,
    'bo',
    'listPaymentsOfOrders',
    createListPaymentsOfOrders({ db: database.db, payments }),
  )
  const receiving = createReceiveWebhook({ database, attempts, gateways, settling })

  const controller = createPaymentController({
    gatewayNames: gateways.names,
    payOrder: traced(log, 'bo', 'payOrder', paying),
    showPayment: tracedModule(log, 'bo', createShowPayment({ database, payments, findPaymentOfOrder })),
    listPayments: traced(log, 'bo', 'listPayments', listing),
    listPaymentsOfOrders,
    refundPayment: traced(log, 'bo', 'refundPayment', refunding),
    receiveWebhook: traced(log, 'bo', 'receiveWebhook', receiving),
  })

  addPaymentGauges(host.metrics, { db: database.db, payments, clock })

  const retried = {
    kinds: [settlePaymentTimer],
    subjectsOf: async (orderIds: string[]) => {
      const found = await Promise.all(orderIds.map(id => payments.findPaymentOfOrder(database.db, id)))
      return found.flatMap(payment => (payment ? [payment.id] : []))
    },
  }
  const recordOf = async (orderIds: string[]) => (await listPaymentsOfOrders(orderIds))[0]
  return { name: 'payment', store: store as never, routes: paymentRoutes(controller, idempotency), retried, recordOf }
}

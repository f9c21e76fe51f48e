// The paths of payments.
import { paymentApi } from '@waybill/contracts'
import { type IdempotencyKeys, type Route, routesOf } from '@waybill/platform/http'
import type { createPaymentController } from '../controllers/payment-controller.ts'

export function paymentRoutes(
  payments: ReturnType<typeof createPaymentController>,
  idempotency: IdempotencyKeys,
): Route[] {
  const route = routesOf('payment')
  return [
    route({
      verb: 'post',
      path: '/payment',
      contract: paymentApi.pay,
      access: 'customer',
      controller: payments.pay,
      idempotency,
    }),
    route({
      verb: 'get',
      path: '/payment/gateways',
      contract: paymentApi.listGateways,
      access: 'customer',
      controller: payments.listGateways,
    }),
    route({
      verb: 'get',
      path: '/payment/details',
      contract: paymentApi.showPaymentDetails,
      access: 'customer',
      controller: payments.showDetails,
    }),
    route({
      verb: 'post',
      path: '/payment/details',
      contract: paymentApi.findPaymentDetails,
      access: 'customer',
      controller: payments.findDetails,
    }),
    route({
      verb: 'get',
      path: '/payment/:id',
      contract: paymentApi.showPayment,
      access: 'customer',
      controller: payments.show,
    }),
    route({
      verb: 'get',
      path: '/payments',
      contract: paymentApi.listPayments,
      access: 'customer',
      controller: payments.list,
    }),
    route({
      verb: 'post',
      path: '/payments/details',
      contract: paymentApi.listPaymentsOfOrders,
      access: 'operator',
      controller: payments.listOfOrders,
    }),
    route({
      verb: 'post',
      path: '/payment/:id/refund',
      contract: paymentApi.refund,
      access: 'operator',
      controller: payments.refund,
    }),
    route({
      verb: 'post',
      path: '/payment/webhook/:gateway',
      contract: paymentApi.receiveWebhook,
      access: 'public',
      controller: payments.takeWebhook,
      rawBody: true,
    }),
  ]
}

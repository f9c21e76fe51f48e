// Payments over HTTP.
import type { paymentApi } from '@waybill/contracts'
import { accepted, type ControllerOf, noContent, ok, page } from '@waybill/platform/http'
import type { ListPayments } from '../bo/list-payments.ts'
import type { ListPaymentsOfOrders } from '../bo/list-payments-of-orders.ts'
import type { PayOrder } from '../bo/pay-order.ts'
import type { ReceiveWebhook } from '../bo/receive-webhook.ts'
import type { RefundPayment } from '../bo/refund-payment.ts'
import type { ShowPayment } from '../bo/show-payment.ts'

interface Needs {
  /** Of those that are set up. */
  gatewayNames: readonly string[]
  payOrder: PayOrder
  showPayment: ShowPayment
  listPayments: ListPayments
  listPaymentsOfOrders: ListPaymentsOfOrders
  refundPayment: RefundPayment
  receiveWebhook: ReceiveWebhook
}

export function createPaymentController(needs: Needs) {
  const { gatewayNames, payOrder, showPayment, listPayments, listPaymentsOfOrders, refundPayment, receiveWebhook } =
    needs

  const pay: ControllerOf<typeof paymentApi.pay> = async ({ caller, token, body, keepAnswer }) =>
    accepted(await payOrder(caller, token, body, (tx, payment) => keepAnswer(tx, accepted(payment))))

  const listGateways: ControllerOf<typeof paymentApi.listGateways> = async () =>
    ok(gatewayNames.map(name => ({ name })))

  const showDetails: ControllerOf<typeof paymentApi.showPaymentDetails> = async ({ caller, token, query }) =>
    ok(await showPayment.ofOrder(caller, token, query.order_id))

  const findDetails: ControllerOf<typeof paymentApi.findPaymentDetails> = async ({ caller, token, body }) =>
    ok(await showPayment.ofOrder(caller, token, body.order_id))

  const show: ControllerOf<typeof paymentApi.showPayment> = async ({ caller, params }) =>
    ok(await showPayment.byId(caller, params.id))

  const list: ControllerOf<typeof paymentApi.listPayments> = async ({ caller, token, query }) => {
    const { payments, nextCursor } = await listPayments(caller, token, query)
    return page(payments, nextCursor)
  }

  const listOfOrders: ControllerOf<typeof paymentApi.listPaymentsOfOrders> = async ({ body }) =>
    ok(await listPaymentsOfOrders(body.order_ids))

  const refund: ControllerOf<typeof paymentApi.refund> = async ({ params, body }) =>
    ok(await refundPayment(params.id, body))

  const takeWebhook: ControllerOf<typeof paymentApi.receiveWebhook> = async ({ params, headers, rawBody }) => {
    await receiveWebhook(params.gateway, headers, rawBody)
    return noContent()
  }

  return { pay, listGateways, showDetails, findDetails, show, list, listOfOrders, refund, takeWebhook }
}

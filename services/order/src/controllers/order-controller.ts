// Orders over HTTP.
import type { orderApi } from '@waybill/contracts'
import { type Answer, accepted, type ControllerOf, ok, page } from '@waybill/platform/http'
import type { CancelOrderOnRequest } from '../bo/cancel-order-on-request.ts'
import type { FindOrder } from '../bo/find-order.ts'
import type { ListOrders } from '../bo/list-orders.ts'
import type { PlacedOrder, PlaceOrder } from '../bo/place-order.ts'
import { presentOrder, presentOrderStatus } from '../models/order.ts'

interface Needs {
  placeOrder: PlaceOrder
  listOrders: ListOrders
  findOrder: FindOrder
  cancelOrderOnRequest: CancelOrderOnRequest
}

export function createOrderController(needs: Needs) {
  const place: ControllerOf<typeof orderApi.placeOrder> = async request => {
    const placed = await needs.placeOrder(request, (tx, it) => request.keepAnswer(tx, placedAnswer(it)))
    return placedAnswer(placed)
  }

  const list: ControllerOf<typeof orderApi.listOrders> = async ({ caller, query }) => {
    const { orders, nextCursor } = await needs.listOrders(caller, query)
    return page(orders, nextCursor)
  }

  const show: ControllerOf<typeof orderApi.showOrder> = async ({ caller, params }) =>
    ok(presentOrder(await needs.findOrder(caller, params.id)))

  const showDetails: ControllerOf<typeof orderApi.showOrderDetails> = async ({ caller, query }) =>
    ok(presentOrder(await needs.findOrder(caller, query.order_id)))

  const showStatus: ControllerOf<typeof orderApi.showOrderStatus> = async ({ caller, params }) =>
    ok(presentOrderStatus(await needs.findOrder(caller, params.id)))

  const cancel: ControllerOf<typeof orderApi.cancelOrder> = async ({ caller, params }) =>
    ok(await needs.cancelOrderOnRequest(caller, params.id))

  return { place, list, show, showDetails, showStatus, cancel }
}

function placedAnswer(placed: PlacedOrder): Answer {
  return accepted(placed, { Location: `/process/${placed.process.process_id}`, 'Retry-After': '1' })
}

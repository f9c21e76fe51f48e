// The paths of orders.
import { orderApi } from '@waybill/contracts'
import { type IdempotencyKeys, type Route, routesOf } from '@waybill/platform/http'
import type { createOrderController } from '../controllers/order-controller.ts'
import type { createOrderStoryController } from '../controllers/order-story-controller.ts'

export function orderRoutes(
  orders: ReturnType<typeof createOrderController>,
  stories: ReturnType<typeof createOrderStoryController>,
  idempotency: IdempotencyKeys,
): Route[] {
  const route = routesOf('order')
  const access = 'customer'
  return [
    route({
      verb: 'post',
      path: '/user/order',
      contract: orderApi.placeOrder,
      access,
      controller: orders.place,
      idempotency,
    }),
    route({ verb: 'get', path: '/orders', contract: orderApi.listOrders, access, controller: orders.list }),
    route({
      verb: 'get',
      path: '/order/details',
      contract: orderApi.showOrderDetails,
      access,
      controller: orders.showDetails,
    }),
    route({ verb: 'get', path: '/order/:id', contract: orderApi.showOrder, access, controller: orders.show }),
    route({
      verb: 'get',
      path: '/order/:id/status',
      contract: orderApi.showOrderStatus,
      access,
      controller: orders.showStatus,
    }),
    route({
      verb: 'get',
      path: '/order/:id/history',
      contract: orderApi.showOrderHistory,
      access,
      controller: stories.showHistory,
    }),
    route({
      verb: 'post',
      path: '/order/:id/cancel',
      contract: orderApi.cancelOrder,
      access,
      controller: orders.cancel,
    }),
    route({
      verb: 'get',
      path: '/order/:id/explain',
      contract: orderApi.explainOrder,
      access,
      controller: stories.explain,
    }),
    route({ verb: 'post', path: '/order/:id/retry', contract: orderApi.retryOrder, access, controller: stories.retry }),
    route({
      verb: 'post',
      path: '/order/:id/replay',
      contract: orderApi.replayOrder,
      access: 'operator',
      controller: stories.replay,
    }),
  ]
}

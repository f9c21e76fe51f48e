// The paths of prices.
import { orderApi } from '@waybill/contracts'
import { type Route, routesOf } from '@waybill/platform/http'
import type { createPriceController } from '../controllers/price-controller.ts'

export function priceRoutes(prices: ReturnType<typeof createPriceController>): Route[] {
  const route = routesOf('order')
  return [
    route({ verb: 'get', path: '/prices', contract: orderApi.listPrices, access: 'public', controller: prices.list }),
    route({
      verb: 'put',
      path: '/prices/:cloud',
      contract: orderApi.setPrice,
      access: 'operator',
      controller: prices.set,
    }),
  ]
}

// The paths of data, deliveries and exports.
import { dataApi } from '@waybill/contracts'
import { type Route, routesOf } from '@waybill/platform/http'
import type { createDataController } from '../controllers/data-controller.ts'
import type { createDeliveryController } from '../controllers/delivery-controller.ts'

export function dataRoutes(
  data: ReturnType<typeof createDataController>,
  deliveries: ReturnType<typeof createDeliveryController>,
): Route[] {
  const route = routesOf('data')
  return [
    route({ verb: 'get', path: '/data', contract: dataApi.readData, access: 'customer', controller: data.read }),
    route({
      verb: 'get',
      path: '/user/data',
      contract: dataApi.readUserData,
      access: 'customer',
      controller: data.read,
    }),
    route({
      verb: 'get',
      path: '/data/manifest',
      contract: dataApi.showManifest,
      access: 'customer',
      controller: deliveries.manifest,
    }),
    route({
      verb: 'get',
      path: '/exports/:process_id',
      contract: dataApi.showExport,
      access: 'customer',
      controller: deliveries.show,
    }),
    route({
      verb: 'post',
      path: '/exports/details',
      contract: dataApi.listExportsOfProcesses,
      access: 'operator',
      controller: deliveries.list,
    }),
  ]
}

// The paths of clouds.
import { dataApi } from '@waybill/contracts'
import { type Route, routesOf } from '@waybill/platform/http'
import type { createCloudController } from '../controllers/cloud-controller.ts'

export function cloudRoutes(clouds: ReturnType<typeof createCloudController>): Route[] {
  const route = routesOf('data')
  return [
    route({ verb: 'get', path: '/clouds', contract: dataApi.listClouds, access: 'public', controller: clouds.list }),
    route({ verb: 'post', path: '/clouds', contract: dataApi.addCloud, access: 'operator', controller: clouds.add }),
    route({
      verb: 'patch',
      path: '/clouds/:name',
      contract: dataApi.changeCloud,
      access: 'operator',
      controller: clouds.change,
    }),
    route({
      verb: 'post',
      path: '/clouds/:name/check',
      contract: dataApi.checkCloud,
      access: 'operator',
      controller: clouds.check,
    }),
  ]
}

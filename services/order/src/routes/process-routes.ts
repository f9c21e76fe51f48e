// The paths of processes.
import { orderApi } from '@waybill/contracts'
import { type Route, routesOf } from '@waybill/platform/http'
import type { createProcessController } from '../controllers/process-controller.ts'

export function processRoutes(processes: ReturnType<typeof createProcessController>): Route[] {
  const route = routesOf('order')
  const access = 'customer'
  return [
    route({ verb: 'get', path: '/processes', contract: orderApi.listProcesses, access, controller: processes.list }),
    route({
      verb: 'get',
      path: '/process/:process_id',
      contract: orderApi.showProcess,
      access,
      controller: processes.show,
    }),
  ]
}

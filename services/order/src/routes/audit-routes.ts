// The path of the audit.
import { orderApi } from '@waybill/contracts'
import { type Route, routesOf } from '@waybill/platform/http'
import type { createAuditController } from '../controllers/audit-controller.ts'

export function auditRoutes({ show }: ReturnType<typeof createAuditController>): Route[] {
  const route = routesOf('order')
  return [route({ verb: 'get', path: '/audit', contract: orderApi.audit, access: 'operator', controller: show })]
}

// The audit over HTTP.
import type { orderApi } from '@waybill/contracts'
import { type ControllerOf, ok } from '@waybill/platform/http'
import type { AuditOrders } from '../bo/audit-orders.ts'

interface Needs {
  auditOrders: AuditOrders
}

export function createAuditController({ auditOrders }: Needs) {
  const audit: ControllerOf<typeof orderApi.audit> = async ({ query, token, signal }) =>
    ok(await auditOrders(query, token, signal))

  return { audit }
}

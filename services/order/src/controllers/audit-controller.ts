// The audit over HTTP.
import type { orderApi } from '@waybill/contracts'
import { type ControllerOf, page } from '@waybill/platform/http'
import type { AuditOrders } from '../bo/audit-orders.ts'

interface Needs {
  auditOrders: AuditOrders
}

export function createAuditController({ auditOrders }: Needs) {
  const show: ControllerOf<typeof orderApi.audit> = async ({ query, token, signal }) => {
    const { audit, nextCursor } = await auditOrders(query, token, signal)
    return page(audit, nextCursor)
  }

  return { show }
}

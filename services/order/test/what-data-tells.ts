// An export as the data service would show it, for the tests that read it from there.
import type { ExportRecord } from '@waybill/contracts'
import type { Placed } from './an-order-and-its-events.ts'

export function exportOf({ order }: Placed, state: ExportRecord['state']): ExportRecord {
  const now = new Date().toISOString()
  const file = { dataset: 'airports', format: 'csv', records: 10, bytes: 999, sha256: null, percentage: 70 } as const
  return {
    process_id: order.process_id,
    order_id: order.id,
    state,
    reason: null,
    request_id: null,
    files: [{ ...file, updated_at: now }],
    created_at: now,
    updated_at: now,
    finished_at: state === 'running' ? null : now,
  }
}

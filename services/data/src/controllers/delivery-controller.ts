// Deliveries and the exports behind them over HTTP.
import type { dataApi } from '@waybill/contracts'
import { type ControllerOf, ok } from '@waybill/platform/http'
import type { FindDelivery } from '../bo/find-delivery.ts'
import type { ShowExport } from '../bo/show-export.ts'
import { presentManifest } from '../models/export.ts'

interface Needs {
  findDelivery: FindDelivery
  showExport: ShowExport
}

export function createDeliveryController({ findDelivery, showExport }: Needs) {
  const manifest: ControllerOf<typeof dataApi.showManifest> = async ({ query, caller, token }) =>
    ok(presentManifest(await findDelivery(query.process_id, caller, token)))

  const show: ControllerOf<typeof dataApi.showExport> = async ({ params, caller }) =>
    ok(await showExport(params.process_id, caller))

  return { manifest, show }
}

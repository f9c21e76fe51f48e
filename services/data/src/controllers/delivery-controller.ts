// Deliveries and the exports behind them over HTTP.
import type { dataApi } from '@waybill/contracts'
import { type ControllerOf, ok } from '@waybill/platform/http'
import type { FindDelivery } from '../bo/find-delivery.ts'
import type { ListExports } from '../bo/list-exports.ts'
import type { ShowExport } from '../bo/show-export.ts'
import { presentManifest } from '../models/export.ts'

interface Needs {
  findDelivery: FindDelivery
  showExport: ShowExport
  listExports: ListExports
}

export function createDeliveryController({ findDelivery, showExport, listExports }: Needs) {
  const manifest: ControllerOf<typeof dataApi.showManifest> = async ({ query, caller, token }) =>
    ok(presentManifest(await findDelivery(query.process_id, caller, token)))

  const show: ControllerOf<typeof dataApi.showExport> = async ({ params, caller }) =>
    ok(await showExport(params.process_id, caller))

  const list: ControllerOf<typeof dataApi.listExportsOfProcesses> = async ({ body }) =>
    ok(await listExports(body.process_ids))

  return { manifest, show, list }
}

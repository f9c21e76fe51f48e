// What has happened to an order, over HTTP: its bare history, and the explanation for people.
import type { orderApi } from '@waybill/contracts'
import { type ControllerOf, ok } from '@waybill/platform/http'
import type { ExplainOrder } from '../bo/explain-order.ts'
import type { ListOrderHistory } from '../bo/list-order-history.ts'

interface Needs {
  listOrderHistory: ListOrderHistory
  explainOrder: ExplainOrder
}

export function createOrderStoryController({ listOrderHistory, explainOrder }: Needs) {
  const showHistory: ControllerOf<typeof orderApi.showOrderHistory> = async ({ caller, params }) =>
    ok(await listOrderHistory(caller, params.id))

  const explain: ControllerOf<typeof orderApi.explainOrder> = async ({ caller, params, token }) =>
    ok(await explainOrder(caller, params.id, token))

  return { showHistory, explain }
}

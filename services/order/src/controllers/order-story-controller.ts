// What has happened to an order, over HTTP: its bare history, the explanation for people, and what may be done about what waits.
import type { orderApi } from '@waybill/contracts'
import { accepted, type ControllerOf, eventStream, ok } from '@waybill/platform/http'
import type { ExplainOrder } from '../bo/explain-order.ts'
import type { ListOrderHistory } from '../bo/list-order-history.ts'
import type { ReplayOrder } from '../bo/replay-order.ts'
import type { RetryOrder } from '../bo/retry-order.ts'
import type { WatchExplanation } from '../bo/watch-explanation.ts'
import { asksForEvents } from './asks-for-events.ts'

interface Needs {
  listOrderHistory: ListOrderHistory
  explainOrder: ExplainOrder
  watchExplanation: WatchExplanation
  retryOrder: RetryOrder
  replayOrder: ReplayOrder
}

export function createOrderStoryController(needs: Needs) {
  const showHistory: ControllerOf<typeof orderApi.showOrderHistory> = async ({ caller, params }) =>
    ok(await needs.listOrderHistory(caller, params.id))

  const explain: ControllerOf<typeof orderApi.explainOrder> = async request => {
    const { caller, params, token, headers } = request
    const explanation = await needs.explainOrder(caller, params.id, token)
    return asksForEvents(headers.accept) ? eventStream(needs.watchExplanation(explanation, request)) : ok(explanation)
  }

  const retry: ControllerOf<typeof orderApi.retryOrder> = async ({ caller, params, token }) =>
    accepted(await needs.retryOrder(caller, params.id, token))

  const replay: ControllerOf<typeof orderApi.replayOrder> = async ({ caller, params, token }) =>
    accepted(await needs.replayOrder(caller, params.id, token))

  return { showHistory, explain, retry, replay }
}

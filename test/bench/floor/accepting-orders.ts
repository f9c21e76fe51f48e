// The floor under POST /user/order: the same rows, commit and message, no framework, no checks, no sign-in, nothing behind it.
import type { RequestListener } from 'node:http'
import type { Carrier } from './carrier.ts'
import type { Commit } from './floor-store.ts'
import { type FloorOrder, newOrder, orderCreated, orderRows, presentAccepted } from './order-rows.ts'
import { readJson, sendJson } from './plain-http.ts'

/** Answers after the commit and publishes behind the answer, as ours does. */
export function acceptOrders(commit: Commit, carrier: Carrier): RequestListener {
  return async (request, response) => {
    const { items } = await readJson<Pick<FloorOrder, 'items'>>(request)
    const order = newOrder(items)
    const created = orderCreated(order)
    await commit(at => orderRows(order, created, at))
    sendJson(response, 202, presentAccepted(order))
    carrier.publish(created)
  }
}

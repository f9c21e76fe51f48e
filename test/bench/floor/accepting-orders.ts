// The floor under POST /user/order: the same rows and the same commit, no framework, no checks, no sign-in, nothing behind it.
import type { RequestListener } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import type { Commit } from './commits.ts'
import { type FloorOrder, newOrder, prepareOrderRows, presentAccepted } from './order-rows.ts'
import { readJson, sendJson } from './plain-http.ts'

export function acceptOrders(database: DatabaseSync, commit: Commit): RequestListener {
  const writeOrder = prepareOrderRows(database)
  return async (request, response) => {
    const { items } = await readJson<Pick<FloorOrder, 'items'>>(request)
    const order = newOrder(items)
    await commit(() => writeOrder(order))
    sendJson(response, 202, presentAccepted(order))
  }
}

// Tries now what waits to be tried again about an order, in whichever service it waits.
import type { HastenedOrder, WorkBody } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database, TimerHandler, Timers } from '@waybill/platform/db'
import { type Peer, refuse } from '@waybill/platform/http'
import { known, type ServiceOfOrders, servicesOfOrders } from '../models/order-story.ts'
import type { OrderTables } from '../models/tables.ts'
import { askForPart } from './ask-for-part.ts'
import type { FindOrder } from './find-order.ts'
import { subjectsOf } from './read-waiting-work.ts'

interface Needs {
  database: Database<OrderTables>
  timers: Timers
  findOrder: FindOrder
  peers: Record<ServiceOfOrders, Peer>
  clock: Clock
}

/** While this timer stands (its subject is the order), nothing is hastened: nobody hammers a gateway, or a customer's server. */
export const retryPauseTimer = 'retry-pause'
const pauseMilliseconds = 5_000

/** The pause is over: what is due is completed, and that is all. */
export const endRetryPause: TimerHandler = async () => {}

export type RetryOrder = ReturnType<typeof createRetryOrder>

export function createRetryOrder({ database, timers, findOrder, peers, clock }: Needs) {
  return async (caller: Principal, orderId: string, token: string): Promise<HastenedOrder> => {
    const order = await findOrder(caller, orderId)
    await refuseWhilePaused(orderId)
    const parts = await Promise.all(
      servicesOfOrders.map(async service => {
        const body: WorkBody = { service, subjects: subjectsOf(order) }
        const part = await askForPart<{ hastened: string[] }>(peers[service], 'POST', '/work/hasten', { token, body })
        return { service, part }
      }),
    )
    const hastened = parts
      .map(({ service, part }) => ({ service, work: known(part)?.hastened ?? [] }))
      .filter(({ work }) => work.length > 0)
    if (hastened.length === 0) {
      const silent = parts.find(({ part }) => part === 'down')
      if (silent) throw peers[silent.service].unavailable('it may have work that waits')
      throw refuse(
        'NOTHING_TO_RETRY',
        `nothing about order ${orderId} waits to be tried again: see GET /order/${orderId}/explain`,
      )
    }
    await database.transaction(tx => timers.schedule(tx, retryPauseTimer, orderId, clock.now() + pauseMilliseconds))
    return { order_id: orderId, hastened }
  }

  async function refuseWhilePaused(orderId: string): Promise<void> {
    const [standing] = await timers.list([retryPauseTimer], [orderId])
    const left = standing ? Math.ceil((standing.dueAt - clock.now()) / 1_000) : 0
    if (left <= 0) return
    throw refuse('TOO_MANY_REQUESTS', `order ${orderId} was tried a moment ago: try again in ${left} s`, {
      headers: { 'Retry-After': String(left) },
    })
  }
}

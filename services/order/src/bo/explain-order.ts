// Explains an order: its own story and, as far as they answer, those of the other services, asked in the caller's name.
import type { Explanation, ExportRecord, Payment } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Peer } from '@waybill/platform/http'
import { explain } from '../models/explanation.ts'
import type { OrderWindows } from '../models/order-window.ts'
import { askForPart } from './ask-for-part.ts'
import type { FindOrder } from './find-order.ts'
import type { ReadOwnStory } from './read-own-story.ts'
import type { ReadWaitingWork } from './read-waiting-work.ts'

interface Needs {
  findOrder: FindOrder
  readOwnStory: ReadOwnStory
  readWaitingWork: ReadWaitingWork
  peers: { payment: Peer; data: Peer }
  terms: { windows: OrderWindows; clock: Clock }
}

export type ExplainOrder = ReturnType<typeof createExplainOrder>

export function createExplainOrder({ findOrder, readOwnStory, readWaitingWork, peers, terms }: Needs) {
  return async (caller: Principal, orderId: string, token: string): Promise<Explanation> => {
    const order = await findOrder(caller, orderId)
    const [own, payment, delivery, work] = await Promise.all([
      readOwnStory(order),
      askForPart<Payment>(peers.payment, 'GET', `/payment/details?order_id=${order.id}`, { token }),
      askForPart<ExportRecord>(peers.data, 'GET', `/exports/${order.process_id}`, { token }),
      readWaitingWork(order, token),
    ])
    const { windows, clock } = terms
    return explain({ ...own, payment, delivery, work, windows, caller, now: clock.now() })
  }
}

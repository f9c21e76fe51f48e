// Explains an order: its own story and, as far as they answer, those of the other services, asked in the caller's name.
import type { Explanation, ExportRecord, Payment } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import { explain } from '../models/explanation.ts'
import { recordIn } from '../models/order-story.ts'
import type { OrderWindows } from '../models/order-window.ts'
import type { FindOrder } from './find-order.ts'
import type { ReadOwnStory } from './read-own-story.ts'
import type { ReadWaitingWork } from './read-waiting-work.ts'

interface Needs {
  findOrder: FindOrder
  readOwnStory: ReadOwnStory
  readWaitingWork: ReadWaitingWork
  terms: { windows: OrderWindows; clock: Clock }
}

export type ExplainOrder = ReturnType<typeof createExplainOrder>

export function createExplainOrder({ findOrder, readOwnStory, readWaitingWork, terms }: Needs) {
  return async (caller: Principal, orderId: string, token: string): Promise<Explanation> => {
    const order = await findOrder(caller, orderId)
    const [own, work] = await Promise.all([readOwnStory(order), readWaitingWork(order, token)])
    const payment = recordIn<Payment>(work.payment)
    const delivery = recordIn<ExportRecord>(work.data)
    const { windows, clock } = terms
    return explain({ ...own, payment, delivery, work, windows, caller, now: clock.now() })
  }
}

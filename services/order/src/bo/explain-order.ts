// Explains an order: its own story and, as far as they answer, those of the payment and data services, asked in the caller's name.
import type { Explanation, ExportRecord, Payment } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import { ApiError, type Peer } from '@waybill/platform/http'
import { explain, type PeerPart } from '../models/explanation.ts'
import type { OrderWindows } from '../models/order-window.ts'
import type { FindOrder } from './find-order.ts'
import type { ReadOwnStory } from './read-own-story.ts'

interface Needs {
  findOrder: FindOrder
  readOwnStory: ReadOwnStory
  paymentService: Peer
  dataService: Peer
  windows: OrderWindows
}

export type ExplainOrder = ReturnType<typeof createExplainOrder>

export function createExplainOrder({ findOrder, readOwnStory, paymentService, dataService, windows }: Needs) {
  return async (caller: Principal, orderId: string, token: string): Promise<Explanation> => {
    const order = await findOrder(caller, orderId)
    const [own, payment, delivery] = await Promise.all([
      readOwnStory(order),
      ask<Payment>(paymentService, `/payment/details?order_id=${order.id}`, token),
      ask<ExportRecord>(dataService, `/exports/${order.process_id}`, token),
    ])
    return explain({ ...own, payment, delivery, windows })
  }
}

/** A story with a part missing is better than none. */
async function ask<T extends object>(peer: Peer, path: string, token: string): Promise<PeerPart<T>> {
  try {
    const { status, data } = await peer.call<T>('GET', path, { token })
    if (status === 200) return data
    return status === 404 ? 'none' : 'down'
  } catch (error) {
    if (error instanceof ApiError) return 'down'
    throw error
  }
}

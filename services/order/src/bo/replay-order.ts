// Hands the dead letters about an order to their handlers once more, in whichever service they lie: an operator has mended the cause.
import type { ReplayedOrder } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import { type Peer, refuse } from '@waybill/platform/http'
import { known, type ServiceOfOrders, servicesOfOrders, type WorkOfServices } from '../models/order-story.ts'
import type { FindOrder } from './find-order.ts'
import type { ReadWaitingWork } from './read-waiting-work.ts'

interface Needs {
  findOrder: FindOrder
  readWaitingWork: ReadWaitingWork
  peers: Record<ServiceOfOrders, Peer>
}

export type ReplayOrder = ReturnType<typeof createReplayOrder>

export function createReplayOrder({ findOrder, readWaitingWork, peers }: Needs) {
  return async (caller: Principal, orderId: string, token: string): Promise<ReplayedOrder> => {
    const work = await readWaitingWork(await findOrder(caller, orderId), token)
    const replayed: ReplayedOrder['replayed'] = []
    for (const service of servicesOfOrders) {
      for (const { dead_letter_id, event_type } of deadLettersIn(work[service])) {
        const { status } = await peers[service].call('POST', `/dead-letters/${dead_letter_id}/replay`, { token })
        // Another operator was quicker where there is none any more.
        if (status === 202) replayed.push({ service, event_type, dead_letter_id })
      }
    }
    if (replayed.length > 0) return { order_id: orderId, replayed }
    const silent = servicesOfOrders.find(service => work[service] === 'down')
    if (silent) throw peers[silent].unavailable('it may have dead letters')
    throw refuse('DEAD_LETTER_NOT_FOUND', `there is no dead letter about order ${orderId}`)
  }
}

function deadLettersIn(part: WorkOfServices[ServiceOfOrders]) {
  return (known(part)?.messages ?? []).flatMap(({ state, dead_letter_id, event_type }) =>
    state === 'dead' && dead_letter_id !== null ? [{ dead_letter_id, event_type }] : [],
  )
}

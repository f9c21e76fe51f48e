// Asks the services, each where it is hosted, what they keep of an order, and which messages and retries about it wait with them.
import type { ShowWorkBody, WaitingWork } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import type { Peer } from '@waybill/platform/http'
import type { OrderRow } from '../models/order.ts'
import { type ServiceOfOrders, servicesOfOrders, type WorkOfServices } from '../models/order-story.ts'
import { askForPart } from './ask-for-part.ts'

interface Needs {
  peers: Record<ServiceOfOrders, Peer>
}

/** The clocks of two machines may be that far apart. */
const clocksDifferMilliseconds = 5_000

export type ReadWaitingWork = ReturnType<typeof createReadWaitingWork>

export function createReadWaitingWork({ peers }: Needs) {
  return async (order: OrderRow, token: string): Promise<WorkOfServices> => {
    const since = rfc3339(order.created_at - clocksDifferMilliseconds)
    const parts = await Promise.all(
      servicesOfOrders.map(async service => {
        const body: ShowWorkBody = { service, subjects: subjectsOf(order), since }
        return [
          service,
          await askForPart<WaitingWork>(peers[service], 'POST', '/work/details', { token, body }),
        ] as const
      }),
    )
    return Object.fromEntries(parts) as WorkOfServices
  }
}

/** The ids by which the services know it. */
export function subjectsOf({ id, process_id }: OrderRow): string[] {
  return [id, process_id]
}

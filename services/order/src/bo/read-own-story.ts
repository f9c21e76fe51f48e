// Gathers what this service itself knows about an order.
import type { Db } from '@waybill/platform/db'
import type * as callbackDao from '../dao/callback-dao.ts'
import type * as orderDao from '../dao/order-dao.ts'
import type * as processDao from '../dao/process-dao.ts'
import type { OrderRow } from '../models/order.ts'
import type { OwnStory } from '../models/order-story.ts'
import type { OrderTables } from '../models/tables.ts'
import type { DescribeProcess } from './describe-process.ts'

interface Needs {
  db: Db<OrderTables>
  orders: typeof orderDao
  processes: typeof processDao
  callbacks: typeof callbackDao
  describeProcess: DescribeProcess
}

/** Callbacks are tried a few times only; more than these were asked for by hand. */
const attemptsTold = 100

export type ReadOwnStory = ReturnType<typeof createReadOwnStory>

export function createReadOwnStory({ db, orders, processes, callbacks, describeProcess }: Needs) {
  return async (order: OrderRow): Promise<OwnStory> => {
    const { id, process_id: processId } = order
    const [history, process, callback, attempts] = await Promise.all([
      orders.listHistory(db, [id]),
      processes.findProcessById(db, processId),
      callbacks.findCallback(db, processId),
      callbacks.listAttempts(db, { processId, limit: attemptsTold }),
    ])
    return { order, history, process: await describeProcess(process!), callback, attempts }
  }
}

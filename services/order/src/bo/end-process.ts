// Ends the process of an order that has just become final, and sees to it that its owner is called back.
import type { Clock } from '@waybill/platform/clock'
import type { Timers, Tx } from '@waybill/platform/db'
import { acceptTraceparent, currentContext } from '@waybill/platform/log'
import { uuidv7 } from 'uuidv7'
import type * as callbackDao from '../dao/callback-dao.ts'
import type * as processDao from '../dao/process-dao.ts'
import { sendCallbackTimer } from '../models/callback.ts'
import type { OrderRow } from '../models/order.ts'
import { cutReason, steps } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'
import type { ProcessWatch } from './process-watch.ts'

interface Needs {
  processes: typeof processDao
  callbacks: typeof callbackDao
  timers: Timers
  watch: ProcessWatch
  clock: Clock
}

export type EndProcess = ReturnType<typeof createEndProcess>

export function createEndProcess({ processes, callbacks, timers, watch, clock }: Needs) {
  return async (tx: Tx<OrderTables>, order: OrderRow, reason: string | null): Promise<void> => {
    const at = clock.now()
    await processes.endProcess(tx, order.process_id, {
      ...(order.state === 'delivered' ? { status: 1, step: steps.delivered } : { status: 2, step: steps.cancelled }),
      reason: reason && cutReason(reason),
      at,
    })
    watch.changed(tx, order.process_id)
    if (order.callback_url === null) return
    const context = currentContext()
    await callbacks.insertCallback(tx, {
      process_id: order.process_id,
      user_id: order.user_id,
      webhook_id: uuidv7(),
      url: order.callback_url,
      state: 'waiting',
      attempt: 0,
      revision: 1,
      next_attempt_at: at,
      request_id: context?.requestId ?? order.request_id,
      traceparent: acceptTraceparent(context?.traceparent),
      created_at: at,
      updated_at: at,
    })
    await timers.schedule(tx, sendCallbackTimer, order.process_id, at)
  }
}

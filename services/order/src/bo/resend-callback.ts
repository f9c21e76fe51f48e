// Calls back once more about a finished process, because its owner asks for it.
import type { Principal } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timers } from '@waybill/platform/db'
import type * as callbackDao from '../dao/callback-dao.ts'
import { sendCallbackTimer } from '../models/callback.ts'
import type { OrderTables } from '../models/tables.ts'
import type { FindCallback } from './find-callback.ts'

interface Needs {
  database: Database<OrderTables>
  callbacks: typeof callbackDao
  findCallback: FindCallback
  timers: Timers
  clock: Clock
}

export type ResendCallback = ReturnType<typeof createResendCallback>

export function createResendCallback({ database, callbacks, findCallback, timers, clock }: Needs) {
  return async (caller: Principal, processId: string): Promise<{ process_id: string; webhook_id: string }> => {
    const { webhook_id } = await findCallback(caller, processId)
    const now = clock.now()
    await database.transaction(async tx => {
      await callbacks.askForCallbackAgain(tx, processId, now)
      await timers.schedule(tx, sendCallbackTimer, processId, now)
    })
    return { process_id: processId, webhook_id }
  }
}

// Finds the callback of a finished process for its owner, or says why there is none.
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as callbackDao from '../dao/callback-dao.ts'
import type { CallbackRow } from '../models/callback.ts'
import type { OrderTables } from '../models/tables.ts'
import type { FindOrder } from './find-order.ts'
import type { FindProcess } from './find-process.ts'
import { refuseUnlessOwner } from './ownership.ts'

interface Needs {
  db: Db<OrderTables>
  callbacks: typeof callbackDao
  findOrder: FindOrder
  findProcess: FindProcess
}

export type FindCallback = ReturnType<typeof createFindCallback>

export function createFindCallback({ db, callbacks, findOrder, findProcess }: Needs) {
  return async (caller: Principal, processId: string): Promise<CallbackRow> => {
    const process = await findProcess(caller, processId)
    refuseUnlessOwner(caller, process)
    const order = await findOrder(caller, process.order_id)
    if (order.callback_url === null) {
      throw refuse('CALLBACK_NOT_FOUND', `order ${order.id} was placed without a callback_url: nobody is called back`)
    }
    const callback = await callbacks.findCallback(db, processId)
    if (!callback) {
      throw refuse('PROCESS_NOT_FINISHED', `process ${processId} is still running: it calls back when it has ended`)
    }
    return callback
  }
}

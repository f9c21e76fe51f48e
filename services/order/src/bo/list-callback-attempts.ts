// Every attempt to call back about a process, newest first.
import type { CallbackAttempt, ListCallbacksQuery } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { type Cursors, cutPage } from '@waybill/platform/http'
import type * as callbackDao from '../dao/callback-dao.ts'
import { presentAttempt } from '../models/callback.ts'
import type { OrderTables } from '../models/tables.ts'
import type { FindProcess } from './find-process.ts'

interface Needs {
  db: Db<OrderTables>
  callbacks: typeof callbackDao
  findProcess: FindProcess
  cursors: Cursors
}

export type ListCallbackAttempts = ReturnType<typeof createListCallbackAttempts>

export function createListCallbackAttempts({ db, callbacks, findProcess, cursors }: Needs) {
  return async (
    caller: Principal,
    query: ListCallbacksQuery,
  ): Promise<{ attempts: CallbackAttempt[]; nextCursor: string | null }> => {
    const { process_id: processId } = await findProcess(caller, query.process_id)
    const rows = await callbacks.listAttempts(db, {
      processId,
      beforeId: query.cursor === undefined ? undefined : cursors.decode<string>('callbacks', query.cursor),
      limit: query.limit + 1,
    })
    const page = cutPage(rows, query.limit, last => cursors.encode('callbacks', last.id))
    return { attempts: page.rows.map(presentAttempt), nextCursor: page.nextCursor }
  }
}

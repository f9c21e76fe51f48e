// Finds a process for somebody who may see it: its owner, or an operator.
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as processDao from '../dao/process-dao.ts'
import type { ProcessRow } from '../models/process.ts'
import type { OrderTables } from '../models/tables.ts'
import { maySee } from './ownership.ts'

interface Needs {
  db: Db<OrderTables>
  processes: typeof processDao
}

export type FindProcess = ReturnType<typeof createFindProcess>

export function createFindProcess({ db, processes }: Needs) {
  return async (caller: Principal, processId: string): Promise<ProcessRow> => {
    const row = await processes.findProcessById(db, processId)
    if (!row || !maySee(caller, row)) {
      throw refuse('PROCESS_NOT_FOUND', `you have no process ${processId}: GET /processes lists those that you have`)
    }
    return row
  }
}

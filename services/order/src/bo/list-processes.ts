// A page of processes, newest first.
import type { ListProcessesQuery, Process } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { type Cursors, cutPage } from '@waybill/platform/http'
import type * as processDao from '../dao/process-dao.ts'
import type { OrderTables } from '../models/tables.ts'
import type { DescribeProcess } from './describe-process.ts'
import { ownerAskedFor } from './ownership.ts'

interface Needs {
  db: Db<OrderTables>
  processes: typeof processDao
  describeProcess: DescribeProcess
  cursors: Cursors
}

export type ListProcesses = ReturnType<typeof createListProcesses>

export function createListProcesses({ db, processes, describeProcess, cursors }: Needs) {
  return async (
    caller: Principal,
    query: ListProcessesQuery,
  ): Promise<{ processes: Process[]; nextCursor: string | null }> => {
    const rows = await processes.listProcesses(db, {
      userId: ownerAskedFor(caller, query),
      status: query.status,
      beforeId: query.cursor === undefined ? undefined : cursors.decode<string>('processes', query.cursor),
      limit: query.limit + 1,
    })
    const page = cutPage(rows, query.limit, last => cursors.encode('processes', last.process_id))
    return { processes: await Promise.all(page.rows.map(describeProcess)), nextCursor: page.nextCursor }
  }
}

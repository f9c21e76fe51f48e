// Shows the export behind a process to its owner and to operators.
import type { ExportRecord } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Db } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as exportDao from '../dao/export-dao.ts'
import { presentExport } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  db: Db<DataTables>
  exports: typeof exportDao
}

export type ShowExport = ReturnType<typeof createShowExport>

export function createShowExport({ db, exports }: Needs) {
  return async (processId: string, caller: Principal): Promise<ExportRecord> => {
    const found = await exports.findExportWithFiles(db, processId)
    if (!found || (found.user_id !== caller.user_id && caller.role !== 'operator')) {
      throw refuse('PROCESS_NOT_FOUND', `there is no export of a process ${processId}`)
    }
    return presentExport(found)
  }
}

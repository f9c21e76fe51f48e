// Lists the exports behind many processes at once, for operators.
import type { ExportRecord } from '@waybill/contracts'
import type { Db } from '@waybill/platform/db'
import type * as exportDao from '../dao/export-dao.ts'
import { presentExport } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  db: Db<DataTables>
  exports: typeof exportDao
}

export type ListExports = ReturnType<typeof createListExports>

export function createListExports({ db, exports }: Needs) {
  return async (processIds: string[]): Promise<ExportRecord[]> =>
    (await exports.listExportsWithFiles(db, processIds)).map(presentExport)
}

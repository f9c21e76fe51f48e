// Hands the export of a large dataset over to a thread, with what it needs to open the cloud there.
import type { Db } from '@waybill/platform/db'
import type { ExportedFile, ExportTask } from '../clouds/cloud.ts'
import { CloudRefused } from '../clouds/cloud-error.ts'
import type { CloudRegistry } from '../clouds/cloud-registry.ts'
import type { ExportThreads } from '../clouds/export-threads.ts'
import type * as cloudDao from '../dao/cloud-dao.ts'
import type { DataTables } from '../models/tables.ts'

interface Needs {
  db: Db<DataTables>
  clouds: typeof cloudDao
  registry: CloudRegistry
  threads: ExportThreads
}

export type ExportOnThread = ReturnType<typeof createExportOnThread>

/** As Cloud.processOrder. Throws CloudRefused where there is no such cloud any more. */
export function createExportOnThread({ db, clouds, registry, threads }: Needs) {
  return async (name: string, task: ExportTask): Promise<ExportedFile> => {
    const row = await clouds.findCloud(db, name)
    if (!row) throw new CloudRefused(`the cloud ${name} is not set up`)
    return threads.run(registry.orderOf(row), task)
  }
}

// Removes what was written for an export that was cancelled or failed.
import type { Clock } from '@waybill/platform/clock'
import type { Database, Timer } from '@waybill/platform/db'
import type { Logger } from '@waybill/platform/log'
import type { Checkpoint } from '../clouds/export-dataset.ts'
import type { ExportWithFiles } from '../models/export.ts'
import type { DataTables } from '../models/tables.ts'
import { isFinalRefusal } from './cloud-refusals.ts'
import type { OpenCloud } from './open-cloud.ts'

interface Needs {
  database: Database<DataTables>
  openCloud: OpenCloud
  clock: Clock
  log: Logger
}

const againMilliseconds = 10 * 60_000

export type RemoveDelivery = ReturnType<typeof createRemoveDelivery>

export function createRemoveDelivery({ database, openCloud, clock, log }: Needs) {
  return async ({ process_id, cloud, account, files }: ExportWithFiles, timer: Timer): Promise<void> => {
    const uploads = files.flatMap(file => (file.checkpoint ? (JSON.parse(file.checkpoint) as Checkpoint).upload : []))
    try {
      await (await openCloud(cloud)).removeDelivery(account, process_id, uploads)
    } catch (error) {
      log.warn({ err: error, process_id, cloud }, 'a delivery that nobody gets could not be removed')
      // A cloud that refuses us will not change its mind by itself.
      if (!isFinalRefusal(error)) {
        await database.transaction(tx => timer.reschedule(tx, clock.now() + againMilliseconds))
        return
      }
    }
    await database.transaction(tx => timer.complete(tx))
  }
}

// Works off a running export and decides how the run ends: finished, failed, cancelled, or another try later.
import { ClaimLost, type Timer } from '@waybill/platform/db'
import type { ExportWithFiles } from '../models/export.ts'
import { isFinalRefusal } from './cloud-refusals.ts'
import { type ExportDatasets, ExportEnded } from './export-datasets.ts'
import type { FailExport } from './fail-export.ts'
import type { FinishExport } from './finish-export.ts'
import type { RetryExportLater } from './retry-export-later.ts'
import type { RunningExports } from './running-exports.ts'

interface Needs {
  exportDatasets: ExportDatasets
  finishExport: FinishExport
  failExport: FailExport
  retryExportLater: RetryExportLater
  running: RunningExports
}

export type WorkOffExport = ReturnType<typeof createWorkOffExport>
export type RunOutcome = 'finished' | 'failed' | 'cancelled' | 'later'

export function createWorkOffExport({ exportDatasets, finishExport, failExport, retryExportLater, running }: Needs) {
  return (it: ExportWithFiles, timer: Timer, stopping: AbortSignal): Promise<RunOutcome> =>
    running.run(it.process_id, async cancelled => {
      const run = { timer, signal: AbortSignal.any([cancelled, stopping]), progressMade: false }
      try {
        const files = await exportDatasets(it, run)
        return (await finishExport(it, files, timer)) ? 'finished' : 'cancelled'
      } catch (error) {
        if (cancelled.aborted || error instanceof ExportEnded) return 'cancelled'
        // Also what looks like trouble of ours may come of the other's work: it counts from here on.
        if (error instanceof ClaimLost) throw error
        await timer.assertHeld()
        if (isFinalRefusal(error)) {
          await failExport(it, error.message, timer)
          return 'failed'
        }
        const interruption = { error, progressMade: run.progressMade, stopping: stopping.aborted }
        if (await retryExportLater(timer, interruption)) return 'later'
        await failExport(it, `${it.cloud} could not be worked with for a quarter of an hour`, timer)
        return 'failed'
      }
    })
}

// Works off a running export and decides how the run ends: finished, failed, cancelled, or another try later.
import type { Timer } from '@waybill/platform/db'
import type { Logger } from '@waybill/platform/log'
import type { ExportWithFiles } from '../models/export.ts'
import { isFinalRefusal } from './cloud-refusals.ts'
import type { EndExport } from './end-export.ts'
import { type ExportDatasets, ExportEnded } from './export-datasets.ts'
import type { RunningExports } from './running-exports.ts'

interface Needs {
  exportDatasets: ExportDatasets
  endExport: EndExport
  running: RunningExports
  log: Logger
}

/** With the waits of endExport.retry, about a quarter of an hour without any progress. */
const triesAtMost = 18

export type WorkOffExport = ReturnType<typeof createWorkOffExport>
export type RunOutcome = 'finished' | 'failed' | 'cancelled' | 'later'

export function createWorkOffExport({ exportDatasets, endExport, running, log }: Needs) {
  return async (it: ExportWithFiles, timer: Timer, stopping: AbortSignal): Promise<RunOutcome> => {
    const progress = { made: false }
    try {
      const files = await running.run(it.process_id, stopped =>
        exportDatasets(it, AbortSignal.any([stopped, stopping]), progress),
      )
      return (await endExport.finish(it, files, timer)) ? 'finished' : 'cancelled'
    } catch (error) {
      return endBadly(it, timer, stopping, error, progress.made)
    }
  }

  async function endBadly(
    it: ExportWithFiles,
    timer: Timer,
    stopping: AbortSignal,
    error: unknown,
    progressMade: boolean,
  ): Promise<RunOutcome> {
    if (stopping.aborted) {
      await endExport.retry(timer, { attempt: timer.attempt, atOnce: true })
      return 'later'
    }
    if (error instanceof ExportEnded || (error as Error).name === 'AbortError') return 'cancelled'
    if (isFinalRefusal(error)) {
      await endExport.fail(it, error.message)
      return 'failed'
    }
    const attempt = progressMade ? 1 : timer.attempt + 1
    if (attempt >= triesAtMost) {
      log.error({ err: error, process_id: it.process_id }, 'an export is given up')
      await endExport.fail(it, `${it.cloud} could not be worked with for a quarter of an hour; nothing was charged`)
      return 'failed'
    }
    log.warn({ err: error, process_id: it.process_id, attempt }, 'an export was interrupted, it is tried again')
    await endExport.retry(timer, { attempt, atOnce: false })
    return 'later'
  }
}

// Exports the datasets of an order, a few side by side, each from its checkpoint where an earlier run left one.
import type { Timer } from '@waybill/platform/db'
import { bulkhead } from 'cockatiel'
import type { Cloud, ExportedFile } from '../clouds/cloud.ts'
import { DatasetNotFound } from '../clouds/cloud-error.ts'
import type { Checkpoint } from '../clouds/export-dataset.ts'
import { type ExportFileRow, type ExportWithFiles, ordered } from '../models/export.ts'
import type { ExportOnThread } from './export-on-thread.ts'
import type { OpenCloud } from './open-cloud.ts'
import type { SaveProgress } from './save-progress.ts'

interface Needs {
  openCloud: OpenCloud
  saveProgress: SaveProgress
  exportOnThread: ExportOnThread
}

/** The export was cancelled while it was worked off. */
export class ExportEnded extends Error {
  override readonly name = 'ExportEnded'
}

/** Progress is told no more often than that. What is quicker, and smaller than a checkpoint, is not written down on the way. */
const tellEveryMilliseconds = 500
/** Also without a word to others: so much, and what is on its way, is written again after a crash. */
const saveEveryBytes = 8 * 1024 * 1024

/** Each holds a part that is made and a part that is written, of some MiB. */
const filesAtOnce = 12
const filesOfOrderAtOnce = 4

export type ExportDatasets = ReturnType<typeof createExportDatasets>

/** One run of an export, in this process. */
export interface ExportRun {
  timer: Timer
  signal: AbortSignal
  /** Set once there is a checkpoint that was not there before. */
  progressMade: boolean
}

/** Answers a result for each file of the export, in their order. Nothing is written any more when it has answered or thrown. */
export function createExportDatasets({ openCloud, saveProgress, exportOnThread }: Needs) {
  const allFiles = bulkhead(filesAtOnce, Number.POSITIVE_INFINITY)

  return async (it: ExportWithFiles, run: ExportRun): Promise<ExportedFile[]> => {
    const hasBegun = it.files.some(file => file.checkpoint !== null || file.sha256 !== null)
    const cloud = await openCloud(it.cloud, { forNewWork: !hasBegun })
    const shares = new Shares(await weigh(cloud, it), it.files)
    const failure = new AbortController()
    const signal = AbortSignal.any([run.signal, failure.signal])
    let toldAt = performance.now()
    const isTimeToTell = () => performance.now() - toldAt >= tellEveryMilliseconds

    const save: Save = async (file, change, share) => {
      const percentage = shares.percentageWith(file, share)
      const told = isTimeToTell()
      if (told) toldAt = performance.now()
      // Whoever removes the delivery of an export that was cancelled meanwhile has to know what the run came to.
      if (change.checkpoint !== undefined) file.checkpoint = change.checkpoint
      if (!(await saveProgress(it, run.timer, { file, change, percentage, told }))) throw new ExportEnded()
      run.progressMade = true
    }

    const exportFile = async (file: ExportFileRow): Promise<ExportedFile> => {
      signal.throwIfAborted()
      let isKnown = file.checkpoint !== null
      const task = taskOf(it, file, { signal, timer: run.timer }, (...progress) => {
        isKnown = true
        return save(...progress)
      })
      const result = await cloud.processOrder({ ...task, elsewhere: () => exportOnThread(it.cloud, task) })
      shares.done(file)
      // Others are still at work: what is done is not done again after a crash, unless that is quicker than to note it.
      if (!shares.areAllDone && (isKnown || isTimeToTell())) {
        await save(file, { ...result, percentage: 100, checkpoint: null }, 1)
      }
      return result
    }

    const filesOfOrder = bulkhead(filesOfOrderAtOnce, Number.POSITIVE_INFINITY)
    const results = it.files.map(async file => {
      const before = finishedBefore(file)
      if (before) return before
      try {
        return await filesOfOrder.execute(() => allFiles.execute(() => exportFile(file)))
      } catch (error) {
        failure.abort(error)
        throw error
      }
    })
    await Promise.allSettled(results)
    // What failed first, and not what was ended because of it.
    if (failure.signal.aborted) throw failure.signal.reason
    return Promise.all(results)
  }
}

type Save = (file: ExportFileRow, change: Partial<ExportFileRow>, share: number) => Promise<void>

function taskOf(
  { account, process_id }: ExportWithFiles,
  file: ExportFileRow,
  { signal, timer }: Pick<ExportRun, 'signal' | 'timer'>,
  save: Save,
) {
  const { position } = file
  return {
    ...{ account, processId: process_id, position, signal, ...ordered(file) },
    ...{ saveEveryMilliseconds: tellEveryMilliseconds, saveEveryBytes },
    assertHeld: timer.assertHeld,
    checkpoint: file.checkpoint === null ? undefined : (JSON.parse(file.checkpoint) as Checkpoint),
    save: (checkpoint: Checkpoint, done: number) =>
      save(
        file,
        {
          checkpoint: JSON.stringify(checkpoint),
          percentage: between1And99(done * 100),
          records: checkpoint.converter.records,
          bytes: checkpoint.uploaded,
        },
        done,
      ),
  }
}

function finishedBefore({ sha256, records, bytes }: ExportFileRow): ExportedFile | undefined {
  return sha256 === null ? undefined : { records, bytes, sha256 }
}

/** How much of the whole each file is, by its source's size. Finds a dataset that is not there before others are copied. */
async function weigh(cloud: Cloud, { account, files }: ExportWithFiles): Promise<number[]> {
  if (files.length === 1) return [1]
  const datasets = new Map((await cloud.listDatasets(account)).map(({ name, bytes }) => [name, bytes]))
  return files.map(({ dataset }) => {
    const bytes = datasets.get(dataset)
    if (bytes === undefined) throw new DatasetNotFound(dataset, cloud.name)
    return Math.max(bytes, 1)
  })
}

/** How far an export is, by what of each file is done. */
class Shares {
  readonly #weights: number[]
  readonly #shares: number[]

  /** `files` as an earlier run left them. */
  constructor(weights: number[], files: ExportFileRow[]) {
    this.#weights = weights
    this.#shares = files.map(file => (file.sha256 === null ? Math.min(file.percentage, 99) / 100 : 1))
  }

  get areAllDone(): boolean {
    return this.#shares.every(share => share === 1)
  }

  done({ position }: ExportFileRow): void {
    this.#shares[position] = 1
  }

  /** 1 to 99: of the whole, now that so much of the file is done. */
  percentageWith({ position }: ExportFileRow, share: number): number {
    this.#shares[position] = share
    const all = this.#weights.reduce((sum, weight) => sum + weight, 0)
    const done = this.#weights.reduce((sum, weight, at) => sum + weight * this.#shares[at]!, 0)
    return between1And99((done / all) * 100)
  }
}

function between1And99(percentage: number): number {
  return Math.min(Math.max(Math.floor(percentage), 1), 99)
}

// Exports the datasets of an order one after the other, each from its checkpoint where an earlier run left one.
import type { Timer } from '@waybill/platform/db'
import type { Cloud, ExportedFile } from '../clouds/cloud.ts'
import { DatasetNotFound } from '../clouds/cloud-error.ts'
import type { Checkpoint } from '../clouds/export-dataset.ts'
import type { ExportFileRow, ExportWithFiles } from '../models/export.ts'
import type { OpenCloud } from './open-cloud.ts'
import type { SaveProgress } from './save-progress.ts'

interface Needs {
  openCloud: OpenCloud
  saveProgress: SaveProgress
}

/** The export was cancelled while it was worked off. */
export class ExportEnded extends Error {
  override readonly name = 'ExportEnded'
}

/** Progress is told no more often than that. What is quicker, and smaller than a checkpoint, is not written down on the way. */
const tellEveryMilliseconds = 500
/** Also without a word to others: so much, and what is on its way, is written again after a crash. */
const saveEveryBytes = 8 * 1024 * 1024

export type ExportDatasets = ReturnType<typeof createExportDatasets>

/** One run of an export, in this process. */
export interface ExportRun {
  timer: Timer
  signal: AbortSignal
  /** Set once there is a checkpoint that was not there before. */
  progressMade: boolean
}

/** Answers a result for each file of the export. */
export function createExportDatasets({ openCloud, saveProgress }: Needs) {
  return async (it: ExportWithFiles, run: ExportRun): Promise<ExportedFile[]> => {
    const hasBegun = it.files.some(file => file.checkpoint !== null || file.sha256 !== null)
    const cloud = await openCloud(it.cloud, { forNewWork: !hasBegun })
    const weights = await weigh(cloud, it)
    const results: ExportedFile[] = []
    let toldAt = performance.now()
    const isTimeToTell = () => performance.now() - toldAt >= tellEveryMilliseconds

    const save = async (file: ExportFileRow, change: Partial<ExportFileRow>, done: number) => {
      const percentage = percentageOf(weights, file.position, done)
      const told = isTimeToTell()
      if (told) toldAt = performance.now()
      if (!(await saveProgress(it, run.timer, { file, change, percentage, told }))) throw new ExportEnded()
      run.progressMade = true
    }

    for (const file of it.files) {
      run.signal.throwIfAborted()
      const result = finishedBefore(file) ?? (await cloud.processOrder(taskOf(it, file, run, save)))
      results.push(result)
      const isLast = results.length === it.files.length
      if (file.sha256 === null && !isLast && isTimeToTell()) {
        await save(file, { ...result, percentage: 100, checkpoint: null }, 1)
      }
    }
    return results
  }
}

function taskOf(
  { account, process_id }: ExportWithFiles,
  file: ExportFileRow,
  { signal, timer }: ExportRun,
  save: (file: ExportFileRow, change: Partial<ExportFileRow>, done: number) => Promise<void>,
) {
  const { dataset, format, position } = file
  return {
    ...{ account, processId: process_id, dataset, format, position, signal },
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

function percentageOf(weights: number[], position: number, done: number): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  const before = weights.slice(0, position).reduce((sum, weight) => sum + weight, 0)
  return between1And99(((before + weights[position]! * done) / all) * 100)
}

function between1And99(percentage: number): number {
  return Math.min(Math.max(Math.floor(percentage), 1), 99)
}

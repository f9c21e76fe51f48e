// The work of an export: one source, read and written in a stream, from the beginning or from a checkpoint.
import { createHash } from 'node:crypto'
import { type ConverterState, FormatError, type SourceFormat } from '../formats/index.ts'
import { isUsable } from './checksum.ts'
import type { ExportedFile, ExportTask } from './cloud.ts'
import { CloudUnavailable, UploadLost } from './cloud-error.ts'
import { Converting, type SourceChunk } from './converting.ts'
import { Output } from './output.ts'
import { brokenSource } from './read-records.ts'
import type { UploadTarget } from './upload.ts'

export type { SourceChunk } from './converting.ts'

/** A place in a source: a byte offset for those that have bytes, the cursor of the page for those that have pages. */
export interface SourcePlace {
  offset: number
  cursor: string | null
}

export interface Source {
  /** For messages: `airports.csv`. */
  name: string
  version: string
  format: SourceFormat
  /** As announced: for the percentage. */
  bytes: number
  /** Those of all records, in their order, where they are known without reading them. */
  columns?: string[]
  /** The share that is read, 0 to 1, where the place in it says nothing of that. */
  shareRead?(): number
  /** A chunk is good only until the next one is asked for. Throws SourceChanged where it is not the version that was found. */
  read(from: SourcePlace, signal: AbortSignal): AsyncIterable<SourceChunk>
}

/** A point from which the work can go on. JSON. */
export interface Checkpoint {
  version: string
  converter: ConverterState
  cursor: string | null
  /** Bytes of output that the upload holds; they come from the records before `converter.offset`. */
  uploaded: number
  upload: unknown
  /** The state of the checksum of those bytes; none where they can be read back, and in checkpoints from before it was kept. */
  checksum?: string
  /** What the file is, from the moment on at which it may be complete. */
  finished?: ExportedFile
}

/** From this size on a source is exported on another thread. To begin one takes as long as to export some MiB. */
const largeBytes = 4 * 1024 * 1024
/** A source that changes all the time cannot be exported. */
const startsAtMost = 3

export async function exportDataset(source: Source, target: UploadTarget, task: ExportTask): Promise<ExportedFile> {
  if (task.elsewhere && source.bytes >= largeBytes) return task.elsewhere()
  let checkpoint = task.checkpoint?.version === source.version ? task.checkpoint : undefined
  for (let start = 1; ; start++) {
    try {
      return await exportOnce(source, target, task, checkpoint)
    } catch (error) {
      if (error instanceof FormatError) throw brokenSource(source.name, error)
      if (!(error instanceof UploadLost) || start === startsAtMost) throw error
      const finished = checkpoint?.finished
      if (finished && (await isComplete(target, finished, task.signal))) return finished
      checkpoint = undefined
    }
  }
}

/** Nothing but its checksum tells that what stands under the name is what was to be written. */
async function isComplete(
  target: UploadTarget,
  { bytes, sha256 }: ExportedFile,
  signal: AbortSignal,
): Promise<boolean> {
  if (!target.readComplete) return false
  const hash = createHash('sha256')
  try {
    for await (const chunk of target.readComplete(bytes)) hash.update(chunk)
  } catch (error) {
    if (error instanceof CloudUnavailable || signal.aborted) throw error
    return false
  }
  return hash.digest('hex') === sha256
}

async function exportOnce(
  source: Source,
  target: UploadTarget,
  task: ExportTask,
  checkpoint: Checkpoint | undefined,
): Promise<ExportedFile> {
  const isChecksumKnown = isUsable(checkpoint?.checksum)
  const upload = checkpoint ? await target.resume(checkpoint.upload, checkpoint.uploaded) : await target.begin()
  const written = checkpoint && upload.readBack?.()
  if (checkpoint && task.compression && !written && !isChecksumKnown) {
    // Where its members end is known to nobody: packed once more, it would be another file.
    await upload.close(true)
    return exportOnce(source, target, task, undefined)
  }
  // Where nothing tells the checksum of what is written, that is made once more from the beginning, and not written again.
  const from = written || isChecksumKnown ? checkpoint : undefined
  const columns = checkpoint?.converter.columns ?? source.columns
  const conversion = await Converting.begin({
    ...{ from: source.format, to: task.format, compression: task.compression, state: from?.converter, columns },
    known: from ? 0 : (checkpoint?.uploaded ?? 0),
    checksum: { saveable: !upload.readBack, saved: from?.checksum },
  })
  const output = new Output({ source, task, upload, conversion, from: checkpoint })
  try {
    for await (const chunk of written ?? []) {
      task.signal.throwIfAborted()
      conversion.sum(chunk)
    }
    if (!columns) await findColumns(source, task, conversion)
    return await convert(source, task, { conversion, output, from })
  } finally {
    await output.close()
    conversion.close()
  }
}

interface Work {
  conversion: Converting
  output: Output
  /** Where to begin; without it, at the beginning. */
  from: Checkpoint | undefined
}

async function convert(source: Source, task: ExportTask, { conversion, output, from }: Work): Promise<ExportedFile> {
  const { signal } = task
  let cursor: string | null | undefined = from?.cursor ?? undefined
  for await (const chunk of source.read(
    { offset: from?.converter.offset ?? 0, cursor: from?.cursor ?? null },
    signal,
  )) {
    signal.throwIfAborted()
    const converted = await conversion.convert(chunk, output.leastBytes)
    if (!converted) continue
    if (converted.cursor !== undefined) cursor = converted.cursor
    await output.append(converted, cursor)
  }
  signal.throwIfAborted()
  const { sha256, ...rest } = await conversion.finish()
  if (rest.blocks.length > 0) await output.append(rest, null)
  const file = { records: rest.state.records, bytes: output.bytes, sha256 }
  await output.complete(file)
  return file
}

/** CSV made of records needs its columns first: the source is read twice. */
async function findColumns(source: Source, { format, signal }: ExportTask, conversion: Converting): Promise<void> {
  if (format !== 'csv' || source.format === 'csv') return
  for await (const chunk of source.read({ offset: 0, cursor: null }, signal)) {
    signal.throwIfAborted()
    await conversion.scan(chunk.bytes)
  }
}

// The work of an export: one source, read and written in a stream, from the beginning or from a checkpoint.
import { createHash } from 'node:crypto'
import { type ConverterState, FormatError, type SourceFormat } from '../formats/index.ts'
import { isUsable } from './checksum.ts'
import type { ExportedFile, ExportTask } from './cloud.ts'
import { CloudUnavailable, UploadLost } from './cloud-error.ts'
import type { ConversionOrder } from './conversion.ts'
import { ConversionHere } from './conversion-here.ts'
import type { Converting, SourceChunk } from './converting.ts'
import { brokenSource } from './read-records.ts'
import type { Upload, UploadTarget } from './upload.ts'

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

const partBytes = 1024 * 1024
/** From this size on a source is converted on another thread. To begin one takes as long as to convert some MiB. */
const largeBytes = 4 * 1024 * 1024
/** A source that changes all the time cannot be exported. */
const startsAtMost = 3

export async function exportDataset(source: Source, target: UploadTarget, task: ExportTask): Promise<ExportedFile> {
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
  const isChecksumKnown = await isUsable(checkpoint?.checksum)
  const upload = checkpoint ? await target.resume(checkpoint.upload, checkpoint.uploaded) : await target.begin()
  const written = checkpoint && upload.readBack?.()
  // Where nothing tells the checksum of what is written, that is made once more from the beginning, and not written again.
  const from = written || isChecksumKnown ? checkpoint : undefined
  const conversion = await openConversion(source, task, {
    ...{ from: source.format, to: task.format, state: from?.converter, columns: checkpoint?.converter.columns },
    known: from ? 0 : (checkpoint?.uploaded ?? 0),
    checksum: { saveable: !upload.readBack, saved: from?.checksum },
  })
  const output = new Output(upload, conversion, checkpoint?.uploaded ?? 0)
  try {
    for await (const chunk of written ?? []) {
      task.signal.throwIfAborted()
      await conversion.sum(chunk)
    }
    if (!checkpoint?.converter.columns) await findColumns(source, task, conversion)
    return await convert(source, task, { conversion, output, from, saved: checkpoint })
  } finally {
    await output.close()
    conversion.close()
  }
}

async function openConversion(source: Source, task: ExportTask, order: ConversionOrder): Promise<Converting> {
  return task.threads && source.bytes >= largeBytes ? task.threads.open(order) : ConversionHere.begin(order)
}

interface Work {
  conversion: Converting
  output: Output
  /** Where to begin; without it, at the beginning. */
  from: Checkpoint | undefined
  /** The last one that was saved. */
  saved: Checkpoint | undefined
}

async function convert(source: Source, task: ExportTask, work: Work): Promise<ExportedFile> {
  const { signal, saveEveryMilliseconds, saveEveryBytes } = task
  const { conversion, output, from } = work
  let { saved } = work
  let savedAt = performance.now()
  let savedBytes = output.uploaded
  let cursor = from?.cursor ?? null
  for await (const chunk of source.read({ offset: from?.converter.offset ?? 0, cursor }, signal)) {
    signal.throwIfAborted()
    // A source that gives little is not waited for until a part is full.
    const anySize = performance.now() - savedAt >= saveEveryMilliseconds * 2
    const converted = await conversion.convert(chunk, output.leastBytes({ anySize }))
    if (!converted) continue
    await output.append(converted.blocks)
    if (converted.cursor !== undefined) cursor = converted.cursor
    const now = performance.now()
    const isDue = now - savedAt >= saveEveryMilliseconds || output.uploaded - savedBytes >= saveEveryBytes
    // Behind the last page there is nowhere to go on.
    if (!isDue || converted.cursor === null) continue
    savedAt = now
    savedBytes = output.uploaded
    const { version } = source
    const { state, checksum } = converted
    const upload = await output.settle()
    saved = { version, converter: state, cursor, uploaded: output.uploaded, upload, checksum }
    await task.save(saved, shareDone(source, state.offset))
  }
  signal.throwIfAborted()
  const { blocks, state, sha256 } = await conversion.finish()
  if (blocks.length > 0) await output.append(blocks)
  const file = { records: state.records, bytes: output.uploaded, sha256 }
  if (saved) await task.save({ ...saved, finished: file }, 1)
  await output.complete(task)
  return file
}

function shareDone({ bytes, shareRead }: Source, offset: number): number {
  if (shareRead) return shareRead()
  return bytes === 0 ? 0 : Math.min(offset / bytes, 1)
}

/** What was converted and is on its way to the upload. */
class Output {
  uploaded: number
  readonly #upload: Upload
  readonly #conversion: Converting
  #appending: Promise<void> = Promise.resolve()

  constructor(upload: Upload, conversion: Converting, uploaded: number) {
    this.#upload = upload
    this.#conversion = conversion
    this.uploaded = uploaded
  }

  /** Of a part: a full one, or as little as the store will take where any size is good enough. */
  leastBytes({ anySize }: { anySize: boolean }): number {
    const least = Math.max(this.#upload.leastPartBytes, 1)
    return anySize ? least : Math.max(partBytes, least)
  }

  /** The part is written while the next one is made; where that fails, the next call says so. */
  async append(part: Uint8Array[]): Promise<void> {
    await this.#appending
    this.uploaded += part.reduce((sum, block) => sum + block.length, 0)
    this.#appending = this.#upload.append(part).finally(() => this.#conversion.giveBack(part))
    this.#appending.catch(() => {})
  }

  async settle(): Promise<unknown> {
    await this.#appending
    return this.#upload.settle()
  }

  async complete(task: ExportTask): Promise<void> {
    await this.#appending
    await task.assertHeld()
    await this.#upload.complete()
  }

  /** Nothing is written any more when it answers. */
  async close(): Promise<void> {
    await this.#appending.catch(() => {})
    await this.#upload.close()
  }
}

/** CSV made of records needs its columns first: the source is read twice. */
async function findColumns(source: Source, { format, signal }: ExportTask, conversion: Converting): Promise<void> {
  if (format !== 'csv' || source.format === 'csv') return
  for await (const chunk of source.read({ offset: 0, cursor: null }, signal)) {
    signal.throwIfAborted()
    await conversion.scan(chunk.bytes)
  }
}

// The work of an export: one source, read and written in a stream, from the beginning or from a checkpoint.
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type ConverterState,
  createColumnScanner,
  createConverter,
  FormatError,
  type SourceFormat,
} from '../formats/index.ts'
import type { ExportedFile, ExportTask } from './cloud.ts'
import { UploadLost } from './cloud-error.ts'
import { LentBuffers } from './lent-buffers.ts'
import { brokenSource } from './read-records.ts'
import type { Upload, UploadTarget } from './upload.ts'

/** A place in a source: a byte offset for those that have bytes, the cursor of the page for those that have pages. */
export interface SourcePlace {
  offset: number
  cursor: string | null
}

export interface SourceChunk {
  bytes: Uint8Array
  /** Of the page behind this chunk; only for sources of pages, whose chunks end at a record's end. */
  cursor?: string | null
}

export interface Source {
  /** For messages: `airports.csv`. */
  name: string
  version: string
  format: SourceFormat
  /** As announced: for the percentage. */
  bytes: number
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
}

/** So much is converted between two looks at the event loop: what else the process does must not wait longer. */
const sliceBytes = 64 * 1024
const partBytes = 1024 * 1024
/** What is converted waits in these, of all exports, until it is written. */
const blocks = new LentBuffers({ bytes: 256 * 1024, kept: 32 })
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
      checkpoint = undefined
    }
  }
}

async function exportOnce(
  source: Source,
  target: UploadTarget,
  task: ExportTask,
  checkpoint: Checkpoint | undefined,
): Promise<ExportedFile> {
  const upload = checkpoint ? await target.resume(checkpoint.upload, checkpoint.uploaded) : await target.begin()
  const output = new Output(upload)
  try {
    const from = checkpoint && (await output.takeUp(checkpoint, task.signal))
    const columns = checkpoint?.converter.columns ?? (await findColumns(source, task))
    await convert(source, task, output, from, columns)
    return await output.complete(task)
  } finally {
    await output.close()
  }
}

async function convert(
  source: Source,
  task: ExportTask,
  output: Output,
  from: Checkpoint | undefined,
  columns: string[] | undefined,
): Promise<void> {
  const converter = createConverter({ from: source.format, to: task.format, state: from?.converter, columns })
  let savedAt = performance.now()
  let savedBytes = output.uploaded
  let cursor = from?.cursor ?? null
  const place = { offset: from?.converter.offset ?? 0, cursor }
  for await (const chunk of source.read(place, task.signal)) {
    for (const slice of slices(chunk.bytes)) {
      task.signal.throwIfAborted()
      output.write(converter.convert(slice))
      if (chunk.bytes.length > sliceBytes) await nextTurn()
    }
    if (chunk.cursor !== undefined) cursor = chunk.cursor
    output.records = converter.state.records
    const now = performance.now()
    const isLast = chunk.cursor === null
    const sinceSaved = now - savedAt
    // A source that gives little is not waited for until a part is full.
    if (isLast || !output.hasPart({ anySize: sinceSaved >= task.saveEveryMilliseconds * 2 })) continue
    await output.append()
    if (sinceSaved < task.saveEveryMilliseconds && output.uploaded - savedBytes < task.saveEveryBytes) continue
    savedAt = now
    savedBytes = output.uploaded
    const { version, bytes } = source
    const state = converter.state
    const upload = await output.settle()
    await task.save(
      { version, converter: state, cursor, uploaded: output.uploaded, upload },
      bytes === 0 ? 0 : Math.min(state.offset / bytes, 1),
    )
  }
  task.signal.throwIfAborted()
  output.write(converter.finish())
  output.records = converter.state.records
}

/** What was converted and is on its way to the upload: gathered into parts, counted, and summed up for the checksum. */
class Output {
  records = 0
  uploaded = 0
  readonly #upload: Upload
  readonly #hash = createHash('sha256')
  /** Blocks, all full but the last one. */
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #roomInLast = 0
  #appending: Promise<void> = Promise.resolve()
  /** Bytes to come that the upload has already: they only count for the checksum. */
  #known = 0

  constructor(upload: Upload) {
    this.#upload = upload
  }

  async settle(): Promise<unknown> {
    await this.#appending
    return this.#upload.settle()
  }

  /** Nothing is written any more when it answers. */
  async close(): Promise<void> {
    await this.#appending.catch(() => {})
    for (const block of this.#waiting) blocks.giveBack(block)
    this.#waiting = []
    await this.#upload.close()
  }

  /** Answers where to go on: at the checkpoint, or at the beginning where the checksum needs all bytes once more. */
  async takeUp(checkpoint: Checkpoint, signal: AbortSignal): Promise<Checkpoint | undefined> {
    this.uploaded = checkpoint.uploaded
    this.records = checkpoint.converter.records
    const written = this.#upload.readBack()
    if (!written) {
      this.#known = checkpoint.uploaded
      return undefined
    }
    for await (const chunk of written) {
      signal.throwIfAborted()
      this.#hash.update(chunk)
    }
    return checkpoint
  }

  write(pieces: Uint8Array[]): void {
    for (const piece of pieces) {
      this.#hash.update(piece)
      const known = Math.min(this.#known, piece.length)
      this.#known -= known
      if (known < piece.length) this.#keep(asBuffer(piece).subarray(known))
    }
  }

  /** A copy: the piece may be a view of a chunk, and the next one is read over it. */
  #keep(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#roomInLast === 0) {
        this.#waiting.push(blocks.take())
        this.#roomInLast = this.#waiting.at(-1)!.length
      }
      const block = this.#waiting.at(-1)!
      const copied = piece.copy(block, block.length - this.#roomInLast, at)
      at += copied
      this.#roomInLast -= copied
    }
    this.#waitingBytes += piece.length
  }

  /** A part is full, or as large as the store will take where any size is good enough. */
  hasPart({ anySize }: { anySize: boolean }): boolean {
    const least = Math.max(this.#upload.leastPartBytes, 1)
    return this.#waitingBytes >= (anySize ? least : Math.max(partBytes, least))
  }

  /** The part is written while the next one is made; where that fails, the next call says so. */
  async append(): Promise<void> {
    await this.#appending
    const part = this.#waiting
    const unused = this.#roomInLast
    this.uploaded += this.#waitingBytes
    this.#waiting = []
    this.#waitingBytes = this.#roomInLast = 0
    const filled = part.map((block, at) => (at === part.length - 1 ? block.subarray(0, block.length - unused) : block))
    this.#appending = this.#upload.append(filled).finally(() => {
      for (const block of part) blocks.giveBack(block)
    })
    this.#appending.catch(() => {})
  }

  async complete(task: ExportTask): Promise<ExportedFile> {
    if (this.#waitingBytes > 0) await this.append()
    await this.#appending
    await task.assertHeld()
    await this.#upload.complete()
    return { records: this.records, bytes: this.uploaded, sha256: this.#hash.digest('hex') }
  }
}

/** CSV made of records has the union of their keys as columns: they must all be seen before the first line is written. */
async function findColumns(source: Source, { format, signal }: ExportTask): Promise<string[] | undefined> {
  if (format !== 'csv' || source.format === 'csv') return undefined
  const scanner = createColumnScanner({ from: source.format })
  for await (const chunk of source.read({ offset: 0, cursor: null }, signal)) {
    for (const slice of slices(chunk.bytes)) {
      signal.throwIfAborted()
      scanner.scan(slice)
      if (chunk.bytes.length > sliceBytes) await nextTurn()
    }
  }
  return scanner.finish()
}

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

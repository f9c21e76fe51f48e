// A few threads that unpack Parquet files, for exports and for pages of records: what a page of a file costs is not for the thread
// that answers HTTP.
import { isMainThread } from 'node:worker_threads'
import type { RecordBatch } from '../parquet/parquet-reading.ts'
import type { ParquetOrder, ParquetQuestion, ParquetReply } from './parquet-thread.ts'
import { type Engaged, ThreadPool, threadsBeside } from './thread-pool.ts'

/** Throws its own errors, which end the reading. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>

/** The file is not what it says, or more than can be read of one. */
export class ParquetRefused extends Error {
  override readonly name = 'ParquetRefused'
  readonly isTooLarge: boolean

  constructor(reason: string, isTooLarge: boolean) {
    super(reason)
    this.isTooLarge = isTooLarge
  }
}

/** One file, read from one row on. Calls do not overlap. */
export interface OpenParquet {
  describe(): Promise<{ rows: number; columns: string[] }>
  next(wanted: { records: number; enoughBytes: number }): Promise<RecordBatch>
  close(): void
}

const pool = new ThreadPool<ParquetOrder>({
  name: 'a thread that unpacks Parquet files',
  file: new URL('./parquet-thread.ts', import.meta.url),
  atMost: isMainThread ? threadsBeside(2) : 1,
  /** For values as they are put together; unpacked pages lie outside of it. */
  resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 },
  keptMilliseconds: 5_000,
  env: {},
})

export function openParquet(order: ParquetOrder, read: ReadRange): OpenParquet {
  return new Reading(order, read)
}

interface Asked {
  resolve(reply: ParquetReply): void
  reject(error: unknown): void
}

class Reading implements OpenParquet {
  readonly #thread: Engaged
  readonly #read: ReadRange
  #asked: Asked | undefined
  #failure: { error: unknown } | undefined

  constructor(order: ParquetOrder, read: ReadRange) {
    this.#thread = pool.engage(order, (error, isAlone) => this.#threadFailed(error, isAlone))
    this.#read = read
    this.#thread.port.on('message', (reply: ParquetReply) => this.#hear(reply))
  }

  async describe(): Promise<{ rows: number; columns: string[] }> {
    const reply = await this.#ask({ does: 'describe' })
    if (!('description' in reply)) throw new TypeError('a thread answered something else')
    return reply.description
  }

  async next(wanted: { records: number; enoughBytes: number }): Promise<RecordBatch> {
    const reply = await this.#ask({ does: 'next', ...wanted })
    if (!('batch' in reply)) throw new TypeError('a thread answered something else')
    return reply.batch
  }

  close(): void {
    this.#thread.close()
  }

  /** With nobody else there it is clear whose file it was, and that it would be so each time. */
  #threadFailed(error: NodeJS.ErrnoException, isAlone: boolean): void {
    const isToBlame = isAlone && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    this.#fail(isToBlame ? new ParquetRefused('it takes too much memory: write it with smaller pages', true) : error)
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#asked?.reject(error)
    this.#asked = undefined
  }

  #ask(question: ParquetQuestion): Promise<ParquetReply> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure.error)
      this.#asked = { resolve, reject }
      this.#thread.port.postMessage(question)
    })
  }

  #hear(reply: ParquetReply): void {
    if ('wants' in reply) {
      this.#bring(reply.wants).catch(error => this.#fail(error))
      return
    }
    if ('refused' in reply) this.#fail(new ParquetRefused(reply.refused.reason, reply.refused.isTooLarge))
    else {
      this.#asked?.resolve(reply)
      this.#asked = undefined
    }
  }

  async #bring({ ticket, start, end }: { ticket: number; start: number; end: number }): Promise<void> {
    const bytes = await this.#read(start, end)
    this.#thread.port.postMessage({ does: 'take', ticket, bytes } satisfies ParquetQuestion, [
      bytes.buffer as ArrayBuffer,
    ])
  }
}

// A few threads that unpack Parquet files, for exports and for pages of records: what a page of a file costs is not for the thread
// that answers HTTP.
import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { RecordBatch } from '../parquet/parquet-reading.ts'
import { cachedCode } from './conversion-threads.ts'
import type { ParquetOrder, ParquetQuestion, ParquetReply } from './parquet-thread.ts'

/** A thread without work gives its memory back after a while. */
const keptMilliseconds = 5_000
/** For values as they are put together; unpacked pages lie outside of it. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 }

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

/** Begun where they are needed. */
export class ParquetThreads {
  readonly #atMost: number
  readonly #threads = new Set<ParquetThread>()

  constructor(options: { atMost: number }) {
    this.#atMost = options.atMost
  }

  open(order: ParquetOrder, read: ReadRange): OpenParquet {
    return this.#leastBusy().open(order, read)
  }

  #leastBusy(): ParquetThread {
    const [first] = [...this.#threads].sort((a, b) => a.readings - b.readings)
    if (first && (first.readings === 0 || this.#threads.size >= this.#atMost)) return first
    const thread = new ParquetThread(() => this.#threads.delete(thread))
    this.#threads.add(thread)
    return thread
  }
}

/** Those of this process. A processor is left to what answers HTTP; more than two cost more memory than they bring. */
export const parquetThreads = new ParquetThreads({ atMost: Math.min(Math.max(availableParallelism() - 1, 1), 2) })

class ParquetThread {
  readonly #worker = new Worker(new URL('./parquet-thread.ts', import.meta.url), {
    resourceLimits,
    env: cachedCode(),
  })
  readonly #onEnd: () => void
  readonly #open = new Set<Reading>()
  #ending: NodeJS.Timeout | undefined

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    this.#worker.on('error', error => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('a thread that unpacks Parquet files has ended')))
  }

  get readings(): number {
    return this.#open.size
  }

  open(order: ParquetOrder, read: ReadRange): OpenParquet {
    clearTimeout(this.#ending)
    this.#worker.ref()
    const { port1, port2 } = new MessageChannel()
    this.#worker.postMessage({ port: port2, order }, [port2])
    const reading = new Reading(port1, read, () => this.#close(reading))
    this.#open.add(reading)
    return reading
  }

  #close(reading: Reading): void {
    if (!this.#open.delete(reading) || this.#open.size > 0) return
    // The process may end without it.
    this.#worker.unref()
    this.#ending = setTimeout(() => this.#stop(), keptMilliseconds).unref()
  }

  #stop(): void {
    this.#onEnd()
    this.#worker.terminate().catch(() => {})
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#onEnd()
    // With nobody else there it is clear whose file it was, and that it would be so each time.
    const isToBlame = error.code === 'ERR_WORKER_OUT_OF_MEMORY' && this.#open.size === 1
    const failure = isToBlame
      ? new ParquetRefused('it takes too much memory: write it with smaller pages', true)
      : error
    for (const reading of [...this.#open]) reading.fail(failure)
  }
}

interface Asked {
  resolve(reply: ParquetReply): void
  reject(error: unknown): void
}

class Reading implements OpenParquet {
  readonly #port: MessagePort
  readonly #read: ReadRange
  readonly #onClose: () => void
  #asked: Asked | undefined
  #failure: { error: unknown } | undefined

  constructor(port: MessagePort, read: ReadRange, onClose: () => void) {
    this.#port = port
    this.#read = read
    this.#onClose = onClose
    port.on('message', (reply: ParquetReply) => this.#hear(reply))
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
    this.#port.close()
    this.#onClose()
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#asked?.reject(error)
    this.#asked = undefined
  }

  #ask(question: ParquetQuestion): Promise<ParquetReply> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure.error)
      this.#asked = { resolve, reject }
      this.#port.postMessage(question)
    })
  }

  #hear(reply: ParquetReply): void {
    if ('wants' in reply) {
      this.#bring(reply.wants).catch(error => this.fail(error))
      return
    }
    if ('refused' in reply) this.fail(new ParquetRefused(reply.refused.reason, reply.refused.isTooLarge))
    else {
      this.#asked?.resolve(reply)
      this.#asked = undefined
    }
  }

  async #bring({ ticket, start, end }: { ticket: number; start: number; end: number }): Promise<void> {
    const bytes = await this.#read(start, end)
    this.#port.postMessage({ does: 'take', ticket, bytes } satisfies ParquetQuestion, [bytes.buffer as ArrayBuffer])
  }
}

// A few threads that convert for large exports, so that nothing waits for them on the thread that answers HTTP.
import module from 'node:module'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { FormatError } from '../formats/index.ts'
import { asBuffer, type ConversionOrder } from './conversion.ts'
import type { Question, Reply } from './conversion-thread.ts'
import type { ConvertedChunk, Converting, Finished, SourceChunk } from './converting.ts'
import { LentBuffers } from './lent-buffers.ts'

/** A thread without work gives its memory back after a while. */
const keptMilliseconds = 5_000
/** What conversions keep in it is counted in KiB; their bytes lie outside of it. */
const resourceLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 4 }
/** A question costs more than the little that a cloud may send at a time: small chunks are gathered. */
const askedBytes = 256 * 1024
/** But a source that gives little is not waited for until so much is there. */
const gatheredMilliseconds = 100
/** Chunks on their way to the threads, of all exports. */
const chunks = new LentBuffers({ bytes: askedBytes, kept: 16 })

/** Begun where they are needed, at most `atMost` of them; each may work for several exports in turn. */
export class ConversionThreads {
  readonly #atMost: number
  readonly #threads = new Set<ConversionThread>()

  constructor(options: { atMost: number }) {
    this.#atMost = options.atMost
  }

  open(order: ConversionOrder): Converting {
    return new ConversionElsewhere(this.#leastBusy(), order)
  }

  #leastBusy(): ConversionThread {
    const [first] = [...this.#threads].sort((a, b) => a.conversions - b.conversions)
    if (first && (first.conversions === 0 || this.#threads.size >= this.#atMost)) return first
    const thread = new ConversionThread(() => this.#threads.delete(thread))
    this.#threads.add(thread)
    return thread
  }
}

interface Asked {
  resolve(reply: Reply): void
  reject(error: Error): void
}

class ConversionThread {
  readonly #worker = new Worker(new URL('./conversion-thread.ts', import.meta.url), {
    resourceLimits,
    env: cachedCode(),
  })
  readonly #onEnd: () => void
  /** In the order of the questions, by conversion. */
  readonly #asked = new Map<number, Asked[]>()
  #lastId = 0
  #ending: NodeJS.Timeout | undefined
  #failure: Error | undefined

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
    this.#worker.on('message', (reply: Reply) => this.#asked.get(reply.id)?.shift()?.resolve(reply))
    this.#worker.on('error', error => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('a conversion thread has ended')))
  }

  get conversions(): number {
    return this.#asked.size
  }

  begin(order: ConversionOrder): number {
    clearTimeout(this.#ending)
    this.#worker.ref()
    const id = ++this.#lastId
    this.#asked.set(id, [])
    this.tell({ id, does: 'begin', order })
    return id
  }

  ask(question: Question & { id: number; bytes?: Uint8Array }): Promise<Reply> {
    const answered = new Promise<Reply>((resolve, reject) => {
      if (this.#failure) reject(this.#failure)
      else this.#asked.get(question.id)!.push({ resolve, reject })
    })
    this.tell(question, question.bytes ? [question.bytes] : [])
    return answered
  }

  tell(message: Question, transferred: Uint8Array[] = []): void {
    const memory = transferred.map(bytes => bytes.buffer as ArrayBuffer)
    this.#worker.postMessage(message, memory)
  }

  end(id: number): void {
    this.#asked.delete(id)
    this.tell({ id, does: 'close' })
    if (this.#asked.size > 0) return
    // The process may end without it.
    this.#worker.unref()
    this.#ending = setTimeout(() => this.#stop(), keptMilliseconds).unref()
  }

  #stop(): void {
    this.#onEnd()
    this.#worker.terminate().catch(() => {})
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#onEnd()
    for (const asked of this.#asked.values()) for (const { reject } of asked.splice(0)) reject(this.#failure)
  }
}

/** The compiled code that the process keeps: it halves what a thread costs to begin. Of our settings it needs none. */
export function cachedCode(): Record<string, string> {
  const folder = module.getCompileCacheDir()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}

type Fed = 'sum' | 'scan' | 'convert'

/** What is gathered for the next question. */
interface Batch {
  does: Fed
  bytes: Buffer
  filled: number
  cursor: string | null | undefined
  /** performance.now() */
  since: number
}

/** Copies what it is given, and waits for the answer before the last one only: the thread has always something to do. */
class ConversionElsewhere implements Converting {
  readonly #thread: ConversionThread
  readonly #id: number
  #batch: Batch | undefined
  #before: Promise<ConvertedChunk | undefined> = Promise.resolve(undefined)

  constructor(thread: ConversionThread, order: ConversionOrder) {
    this.#thread = thread
    this.#id = thread.begin(order)
  }

  async sum(bytes: Uint8Array): Promise<void> {
    await this.#feed('sum', { bytes }, 0)
  }

  async scan(bytes: Uint8Array): Promise<void> {
    await this.#feed('scan', { bytes }, 0)
  }

  convert(chunk: SourceChunk, handOverAt: number): Promise<ConvertedChunk | undefined> {
    return this.#feed('convert', chunk, handOverAt)
  }

  async finish(): Promise<Finished> {
    const rest = [await this.#ask(Number.POSITIVE_INFINITY), await this.#before]
    const { converted } = readable(await this.#thread.ask({ id: this.#id, does: 'finish' }))
    const blocks = [...rest, converted].flatMap(part => part?.blocks ?? [])
    return { ...(converted as Finished), blocks }
  }

  giveBack(blocks: Uint8Array[]): void {
    this.#thread.tell({ does: 'take back', blocks }, blocks)
  }

  close(): void {
    if (this.#batch) chunks.giveBack(this.#batch.bytes)
    this.#thread.end(this.#id)
  }

  async #feed(does: Fed, { bytes, cursor }: SourceChunk, handOverAt: number): Promise<ConvertedChunk | undefined> {
    const isDue =
      this.#batch &&
      (this.#batch.does !== does ||
        this.#batch.filled + bytes.length > this.#batch.bytes.length ||
        performance.now() - this.#batch.since > gatheredMilliseconds)
    const answered = isDue ? await this.#ask(handOverAt) : undefined
    this.#batch ??= {
      ...{ does, filled: 0, cursor, since: performance.now() },
      bytes: bytes.length > askedBytes ? Buffer.allocUnsafeSlow(bytes.length) : chunks.take(),
    }
    this.#batch.filled += asBuffer(bytes).copy(this.#batch.bytes, this.#batch.filled)
    this.#batch.cursor = cursor
    return answered
  }

  /** Sends what is gathered; answers what came of the batch before. */
  #ask(handOverAt: number): Promise<ConvertedChunk | undefined> {
    const before = this.#before
    this.#before = this.#batch ? this.#answerTo(this.#batch, handOverAt) : Promise.resolve(undefined)
    // It is for the next call to hear that it failed; there may be none.
    this.#before.catch(() => {})
    this.#batch = undefined
    return before
  }

  async #answerTo({ does, bytes, filled, cursor }: Batch, handOverAt: number): Promise<ConvertedChunk | undefined> {
    const gathered = bytes.subarray(0, filled)
    const reply = await this.#thread.ask({ id: this.#id, does, bytes: gathered, handOverAt })
    if (reply.bytes) chunks.giveBack(reply.bytes)
    const { converted } = readable(reply)
    return converted && { ...converted, cursor }
  }
}

/** Throws what went wrong on the thread. */
function readable(reply: Reply): Reply {
  if (reply.broken) throw new FormatError(reply.broken.line, reply.broken.reason)
  if (reply.error) throw reply.error
  return reply
}

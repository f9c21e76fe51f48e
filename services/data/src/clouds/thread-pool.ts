// A few threads of one kind, begun where they are needed. Each works for several at once, with a port of its own for each of them.
import module from 'node:module'
import { availableParallelism, constants, setPriority } from 'node:os'
import { dirname } from 'node:path'
import { MessageChannel, type MessagePort, type ResourceLimits, Worker } from 'node:worker_threads'

/** What a thread is told on its own port when it is to work for one more. */
export interface Engagement<Order> {
  port: MessagePort
  order: Order
}

export interface ThreadKind {
  /** For messages: `a thread that unpacks Parquet files`. */
  name: string
  file: URL
  atMost: number
  /** Of V8's heap; bytes lie outside of it. */
  resourceLimits: ResourceLimits
  /** A thread without work gives its memory back after a while. */
  keptMilliseconds: number
  /** None of the process's settings where it needs none. */
  env: Record<string, string | undefined>
}

/** A thread, for one of those that it works for. */
export interface Engaged {
  port: MessagePort
  /** It is not needed any more. */
  close(): void
}

/** @param isAlone nobody else was there who could have had it fail. */
export type OnFailure = (error: NodeJS.ErrnoException, isAlone: boolean) => void

export class ThreadPool<Order> {
  readonly #kind: ThreadKind
  readonly #threads = new Set<Thread<Order>>()

  constructor(kind: ThreadKind) {
    this.#kind = kind
  }

  /** @param onFailure the thread has ended before it was closed. */
  engage(order: Order, onFailure: OnFailure): Engaged {
    return this.#leastBusy().engage(order, onFailure)
  }

  #leastBusy(): Thread<Order> {
    const [first] = [...this.#threads].sort((a, b) => a.engagements - b.engagements)
    if (first && (first.engagements === 0 || this.#threads.size >= this.#kind.atMost)) return first
    const thread = new Thread<Order>(this.#kind, () => this.#threads.delete(thread))
    this.#threads.add(thread)
    return thread
  }
}

class Thread<Order> {
  readonly #kind: ThreadKind
  readonly #worker: Worker
  readonly #onEnd: () => void
  readonly #engaged = new Set<OnFailure>()
  #ending: NodeJS.Timeout | undefined

  constructor(kind: ThreadKind, onEnd: () => void) {
    const { file, resourceLimits, env } = kind
    this.#kind = kind
    this.#onEnd = onEnd
    this.#worker = new Worker(file, { resourceLimits, env: { ...env, ...cachedCode() } })
    this.#worker.on('error', error => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error(`${kind.name} has ended`)))
  }

  get engagements(): number {
    return this.#engaged.size
  }

  engage(order: Order, onFailure: OnFailure): Engaged {
    clearTimeout(this.#ending)
    this.#worker.ref()
    const { port1, port2 } = new MessageChannel()
    // Each has a function of its own, whoever gives the same one twice.
    const failed: OnFailure = (...failure) => onFailure(...failure)
    this.#engaged.add(failed)
    this.#worker.postMessage({ port: port2, order } satisfies Engagement<Order>, [port2])
    return { port: port1, close: () => this.#close(port1, failed) }
  }

  #close(port: MessagePort, failed: OnFailure): void {
    port.close()
    if (!this.#engaged.delete(failed) || this.#engaged.size > 0) return
    // The process may end without it.
    this.#worker.unref()
    this.#ending = setTimeout(() => this.#stop(), this.#kind.keptMilliseconds).unref()
  }

  #stop(): void {
    this.#onEnd()
    this.#worker.terminate().catch(() => {})
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#onEnd()
    const isAlone = this.#engaged.size === 1
    for (const failed of [...this.#engaged]) failed(error, isAlone)
  }
}

/** A processor is left to what answers HTTP; more than a few threads cost more memory than they bring. */
export function threadsBeside(atMost: number): number {
  return Math.min(Math.max(availableParallelism() - 1, 1), atMost)
}

/** Of a thread, by itself, where processors are short. Only on Linux is a priority a thread's and not the whole process's (setpriority(2)). */
export function letAnswersComeFirst(): void {
  if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
}

/** The compiled code that the process keeps: it halves what a thread costs to begin. */
function cachedCode(): Record<string, string> {
  const folder = module.getCompileCacheDir()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}

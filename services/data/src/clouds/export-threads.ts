// Threads that run large exports, for the thread that answers HTTP: it only keeps what they tell.
import type { ExportedFile, ExportTask } from './cloud.ts'
import type { DeliveryStore } from './delivery-store.ts'
import { callOver } from './export-calls.ts'
import type { Checkpoint } from './export-dataset.ts'
import type { CloudContext } from './factory.ts'
import { ThreadPool, threadsBeside } from './thread-pool.ts'
import type { Upload, UploadTarget } from './upload.ts'

/** A cloud as a thread opens it once more. */
export interface CloudOrder {
  name: string
  driver: string
  /** In the clear: they leave neither the process nor its memory. */
  settings: Record<string, unknown>
  /** Another one with other settings. */
  version: number
}

type Told = 'account' | 'processId' | 'position' | 'dataset' | 'format' | 'compression' | 'checkpoint'

export interface ExportOrder {
  cloud: CloudOrder
  context: Pick<CloudContext, 'home' | 'synced' | 'patience'>
  task: Pick<ExportTask, Told | 'saveEveryMilliseconds' | 'saveEveryBytes'>
}

/** What the thread is asked for. */
export interface ExportRunner {
  run(): Promise<ExportedFile>
  /** `run` throws as soon as nothing is written any more. */
  stop(): void
}

/** What the thread asks for: all that needs the database. */
export interface ExportKeeper {
  save(checkpoint: Checkpoint, done: number): Promise<void>
  assertHeld(): Promise<void>
  /** The delivery of a cloud that cannot be written to (delivery-store.ts). */
  beginDelivery(): Promise<void>
  resumeDelivery(bytes: number): Promise<void>
  appendToDelivery(bytes: Uint8Array): Promise<void>
}

export class ExportThreads {
  readonly #context: CloudContext
  readonly #pool = new ThreadPool<ExportOrder>({
    name: 'a thread that exports',
    file: new URL('./export-thread.ts', import.meta.url),
    atMost: threadsBeside(3),
    // Some 20 MB of it are clients of clouds. With less room V8 would go through all of it several times as often.
    resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 12 },
    keptMilliseconds: 10_000,
    // Where a cloud has no keys in its settings its client looks for them there.
    env: process.env,
  })

  constructor(context: CloudContext) {
    this.#context = context
  }

  /** As Cloud.processOrder, on a thread that opens the cloud for itself. Rejections of the task's functions come back as they are. */
  async run(cloud: CloudOrder, task: ExportTask): Promise<ExportedFile> {
    const { signal } = task
    signal.throwIfAborted()
    const keeper = new Keeper(task, this.#context.deliveries)
    const thread = this.#pool.engage(this.#orderOf(cloud, task), error => calls.$close(error))
    const calls = callOver<ExportRunner, ExportKeeper>(thread.port, keeper)
    const stop = () => calls.stop.asEvent()
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await calls.run()
    } catch (error) {
      signal.throwIfAborted()
      throw keeper.failure ? keeper.failure.error : error
    } finally {
      signal.removeEventListener('abort', stop)
      thread.close()
    }
  }

  #orderOf(cloud: CloudOrder, task: ExportTask): ExportOrder {
    const { home, synced, patience } = this.#context
    const { account, processId, position, dataset, format, compression, checkpoint } = task
    const { saveEveryMilliseconds, saveEveryBytes } = task
    return {
      cloud,
      context: { home, synced, patience },
      task: {
        ...{ account, processId, position, dataset, format, compression, checkpoint },
        ...{ saveEveryMilliseconds, saveEveryBytes },
      },
    }
  }
}

class Keeper implements ExportKeeper {
  /** Why the export cannot go on, of what came of the task's own functions. */
  failure: { error: unknown } | undefined
  readonly #task: ExportTask
  readonly #target: UploadTarget
  #delivery: Upload | undefined

  constructor(task: ExportTask, deliveries: DeliveryStore) {
    this.#task = {
      ...task,
      save: (...progress) => this.#noting(task.save(...progress)),
      assertHeld: tx => this.#noting(task.assertHeld(tx)),
    }
    this.#target = deliveries.write(this.#task)
  }

  save(checkpoint: Checkpoint, done: number): Promise<void> {
    return this.#task.save(checkpoint, done)
  }

  assertHeld(): Promise<void> {
    return this.#task.assertHeld()
  }

  async beginDelivery(): Promise<void> {
    this.#delivery = await this.#target.begin()
  }

  async resumeDelivery(bytes: number): Promise<void> {
    this.#delivery = await this.#target.resume(null, bytes)
  }

  appendToDelivery(bytes: Uint8Array): Promise<void> {
    return this.#delivery!.append({ pieces: [bytes], release: () => {} })
  }

  async #noting<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      this.failure ??= { error }
      throw error
    }
  }
}

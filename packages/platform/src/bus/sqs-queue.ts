// Takes the messages of one queue by long polling: many at a time, deleted once taken, held and handed in again when they were not.
import { ChangeMessageVisibilityBatchCommand, type Message, type SQSClient } from '@aws-sdk/client-sqs'
import { Consumer } from 'sqs-consumer'
import type { Logger } from '../log/index.ts'
import { bounded } from './aws-clients.ts'
import type { Deliver } from './broker.ts'
import type { CountMessage } from './broker-metrics.ts'
import { deliverBatch } from './deliver-batch.ts'
import { pause } from './pause.ts'
import { within } from './within.ts'

export interface SqsQueueOptions {
  sqs: SQSClient
  url: string
  deliver: Deliver
  log: Logger
  count: CountMessage
  /** A poll failed; polling goes on, after a growing pause. */
  onFailure: (error: unknown) => void
}

/** One long poll after the other; it handles what came before it asks again. */
interface Poller {
  readonly consumer: Consumer
  /** What it holds. */
  held: Message[]
}

/** Messages of a poll: all that SQS gives at once. */
const batchSize = 10
/** Together they hold 200 messages at most: enough for a transaction to be shared by many, few enough to be shared with others. */
const pollersAtMost = 20
/** The longest that SQS lets a poll wait. */
const waitSeconds = 20
/** What a killed process held is handed out again after that; while a process works on it, the time is extended. */
const visibilitySeconds = 15
const extendSeconds = 5
const stopWithinMilliseconds = 5_000
const giveBackMilliseconds = 1_000

export class SqsQueue {
  readonly #name: string
  readonly #options: SqsQueueOptions
  readonly #pollers = new Set<Poller>()
  readonly #stopping = new AbortController()
  /** Polls that failed since the last that did not. */
  #failures = 0
  #refused = 0
  #stopped: Promise<void> | undefined
  #whenIdle: (() => void) | undefined

  constructor(name: string, options: SqsQueueOptions) {
    this.#name = name
    this.#options = options
  }

  /** Messages that were handed out to us and that we did not delete. */
  get unacknowledged(): number {
    return [...this.#pollers].reduce((sum, { held }) => sum + held.length, 0)
  }

  start(): void {
    if (!this.#isStopping) this.#addPoller()
  }

  /** Asks for no more, waits for what is under way, deletes it and gives the rest back to the queue. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  async #stop(): Promise<void> {
    this.#stopping.abort()
    const idle = new Promise<void>(resolve => {
      this.#whenIdle = resolve
    })
    for (const poller of this.#pollers) this.#endPoller(poller)
    if (this.#pollers.size > 0) await within(stopWithinMilliseconds, idle)
    // What is not done by now comes again elsewhere, at once; the inbox knows what is done after all.
    await Promise.all([...this.#pollers].map(({ held }) => this.#giveBack(held)))
    for (const { consumer } of this.#pollers) consumer.abortController.abort()
  }

  #addPoller(): void {
    const consumer: Consumer = Consumer.create({
      sqs: this.#options.sqs,
      queueUrl: this.#options.url,
      batchSize,
      waitTimeSeconds: waitSeconds,
      visibilityTimeout: visibilitySeconds,
      heartbeatInterval: extendSeconds,
      messageSystemAttributeNames: ['ApproximateReceiveCount'],
      strictReturn: true,
      // Its own pauses know some errors only; ours come before every poll that follows a failure.
      authenticationErrorTimeout: 0,
      preReceiveMessageCallback: async () => {
        if (this.#failures > 0) await pause(this.#failures, this.#stopping.signal)
      },
      handleMessageBatch: messages => this.#take(poller, messages),
    })
    const poller: Poller = { consumer, held: [] }
    consumer.on('empty', () => this.#foundNothing(poller))
    consumer.on('response_processed', () => this.#finished(poller))
    consumer.on('error', (error, messages) => this.#failed(poller, error, messages))
    this.#pollers.add(poller)
    consumer.start()
  }

  /** One that works ends when it is done; one that waits ends now. */
  #endPoller(poller: Poller): void {
    const isIdle = poller.held.length === 0
    poller.consumer.stop({ abort: isIdle })
    if (isIdle) this.#removePoller(poller)
  }

  #removePoller(poller: Poller): void {
    this.#pollers.delete(poller)
    if (this.#pollers.size === 0) this.#whenIdle?.()
  }

  async #take(poller: Poller, messages: Message[]): Promise<Message[]> {
    poller.held = messages
    this.#failures = 0
    for (const { Attributes } of messages) {
      this.#options.count('consumed')
      if (Number(Attributes?.ApproximateReceiveCount) > 1) this.#options.count('redelivered')
    }
    const isSomebodyAsking = [...this.#pollers].some(({ held }) => held.length === 0)
    if (!this.#isStopping && !isSomebodyAsking && this.#pollers.size < pollersAtMost) this.#addPoller()

    const open = await this.#deliver(messages)
    if (open.length > 0) await this.#giveBack(open)
    return messages.filter(message => !open.includes(message))
  }

  /** Answers what could not be taken before we were to stop. */
  async #deliver(messages: Message[]): Promise<Message[]> {
    let open = messages
    for (let attempt = 1; open.length > 0 && !this.#isStopping; attempt += 1) {
      const refused = await deliverBatch(open, ({ Body }) => Body, this.#options.deliver)
      this.#note(refused.length, refused[0]?.reason)
      open = refused.map(({ message }) => message)
      // Given back to the queue it would come again until it is taken for dead; here it waits for the database that it could not be written to.
      if (open.length > 0) await pause(attempt, this.#stopping.signal)
    }
    return open
  }

  #note(refused: number, reason: unknown): void {
    const { log } = this.#options
    if (refused > 0 && this.#refused === 0) {
      log.warn({ err: reason, queue: this.#name }, 'messages cannot be taken, they wait and are tried again')
    }
    if (refused === 0 && this.#refused > 0) {
      log.info({ queue: this.#name, refused: this.#refused }, 'messages are taken again')
      this.#refused = 0
    }
    this.#refused += refused
  }

  async #giveBack(messages: Message[]): Promise<void> {
    const entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle, VisibilityTimeout: 0 }))
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#options.url, Entries: entries })
    // Where it fails, they come again a little later.
    await this.#options.sqs.send(command, bounded(giveBackMilliseconds)).catch(() => {})
  }

  #foundNothing(poller: Poller): void {
    this.#failures = 0
    const othersAsking = [...this.#pollers].filter(other => other !== poller && other.held.length === 0)
    if (othersAsking.length > 0) this.#endPoller(poller)
  }

  #finished(poller: Poller): void {
    poller.held = []
    if (this.#isStopping) this.#removePoller(poller)
  }

  #failed(poller: Poller, error: Error, messages: Message | Message[] | undefined): void {
    const { log, onFailure } = this.#options
    if (this.#isStopping) return
    if (messages !== undefined) {
      // Deleting or extending failed: they come again, and the inbox knows them.
      log.debug({ err: error, queue: this.#name }, 'messages that were taken may come again')
      return
    }
    this.#failures += 1
    // One that goes on asking is enough.
    if (this.#pollers.size > 1) this.#endPoller(poller)
    onFailure(error.cause ?? error)
  }
}

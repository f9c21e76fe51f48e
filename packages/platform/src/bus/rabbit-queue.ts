// Takes the messages of one queue over one channel: many at a time, acknowledged once taken, handed in again when they were not.
import type { AnyCloudEvent } from '@waybill/contracts'
import type { Channel, ConsumeMessage } from 'amqplib'
import type { Logger } from '../log/index.ts'
import { Acknowledgements } from './acknowledgements.ts'
import type { Deliver } from './broker.ts'
import { readEvent } from './event.ts'
import { pause } from './pause.ts'
import { within } from './within.ts'

export interface RabbitQueueOptions {
  deliver: Deliver
  log: Logger
  count: (outcome: 'consumed' | 'redelivered') => void
  /** The broker took the queue away from us, or the channel closed although nobody here asked for it. */
  onLost: (reason: string) => void
}

/** Handed to this process at a time, at most; enough for a transaction to be shared by many, few enough to be shared with others. */
const prefetch = 200
const stopWithinMilliseconds = 5_000
const closeWithinMilliseconds = 1_000

export class RabbitQueue {
  readonly name: string
  readonly #channel: Channel
  readonly #options: RabbitQueueOptions
  readonly #acknowledgements: Acknowledgements
  /** Aborted when nothing more is taken: it ends the pauses of those that were not. */
  readonly #ending = new AbortController()
  #consumerTag: string | undefined
  #taken = 0
  #delivering = 0
  #refused = 0
  #stopping: Promise<void> | undefined
  #whenIdle: (() => void) | undefined

  constructor(name: string, channel: Channel, options: RabbitQueueOptions) {
    this.name = name
    this.#channel = channel
    this.#options = options
    this.#acknowledgements = new Acknowledgements(channel)
    channel.on('close', () => {
      if (!this.#ending.signal.aborted) options.onLost(`the channel of ${name} closed`)
      this.#ending.abort()
    })
  }

  /** Messages that the broker handed out to us and that we did not acknowledge. */
  get unacknowledged(): number {
    return this.#taken
  }

  async start(): Promise<void> {
    await this.#channel.prefetch(prefetch)
    const { consumerTag } = await this.#channel.consume(this.name, message => this.#receive(message))
    this.#consumerTag = consumerTag
  }

  /** Takes no more, waits for those under way, acknowledges them and gives the others back to the queue. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#ending.abort()
    const idle = new Promise<void>(resolve => {
      if (this.#delivering === 0) resolve()
      else this.#whenIdle = resolve
    })
    await Promise.all([within(closeWithinMilliseconds, this.#cancel()), within(stopWithinMilliseconds, idle)])
    this.#acknowledgements.flush()
    // Only now are they given back; the channel takes what it was told before in order.
    await within(closeWithinMilliseconds, this.#channel.close())
  }

  async #cancel(): Promise<void> {
    if (this.#consumerTag !== undefined) await this.#channel.cancel(this.#consumerTag)
  }

  #receive(message: ConsumeMessage | null): void {
    if (message === null) this.#options.onLost(`the queue ${this.name} is gone`)
    // Not ours any more: it goes back to the queue with the channel.
    else if (!this.#ending.signal.aborted) void this.#take(message)
  }

  async #take(message: ConsumeMessage): Promise<void> {
    this.#taken += 1
    this.#options.count('consumed')
    if (message.fields.redelivered) this.#options.count('redelivered')
    const event = readEvent(message.content.toString())
    for (let attempt = 1; !this.#ending.signal.aborted; attempt += 1) {
      this.#delivering += 1
      const isTaken = await this.#isTaken(event)
      if (isTaken) this.#acknowledgements.add(message)
      this.#delivering -= 1
      if (this.#delivering === 0) this.#whenIdle?.()
      if (isTaken) break
      // Given back to the queue it would come again at once; here it waits for the database that it could not be written to.
      await pause(attempt, this.#ending.signal)
    }
    this.#taken -= 1
  }

  async #isTaken(event: AnyCloudEvent): Promise<boolean> {
    try {
      await this.#options.deliver(event)
    } catch (error) {
      if (this.#refused === 0) {
        const { log } = this.#options
        log.warn({ err: error, queue: this.name }, 'messages cannot be taken, they wait and are tried again')
      }
      this.#refused += 1
      return false
    }
    if (this.#refused > 0) this.#accept()
    return true
  }

  #accept(): void {
    this.#options.log.info({ queue: this.name, refused: this.#refused }, 'messages are taken again')
    this.#refused = 0
  }
}

// Publishes in batches. SNS answers for each entry of a batch; here each caller learns what became of its own.
import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns'
import type { AnyCloudEvent } from '@waybill/contracts'
import { bounded } from './aws-clients.ts'
import type { CountMessage } from './broker-metrics.ts'
import { isKnown } from './consumed-events.ts'
import { attributesOf } from './sns-topology.ts'

/** Limits of PublishBatch (SNS API reference): entries, and bytes of all messages with their attributes. */
const entriesAtMost = 10
const bytesAtMost = 262_144
/** Under way at the same time, at most. */
const requestsAtMost = 16
/** Waiting behind those, at most; a broker this slow is told nothing more, the outbox keeps it. */
const waitingAtMost = 20_000

interface Publishing {
  message: string
  attributes: Record<string, string>
  bytes: number
  resolve: () => void
  reject: (reason: Error) => void
}

export interface SnsPublisherOptions {
  sns: SNSClient
  count: CountMessage
  /** A whole batch could not be published. */
  onFailure: (error: unknown) => void
}

export class SnsPublisher {
  readonly #options: SnsPublisherOptions
  #topicArn: string | undefined
  /** Why nothing is taken. */
  #closed = 'the broker is not connected'
  #waiting: Publishing[] = []
  #requests = 0
  #writing: NodeJS.Immediate | undefined
  readonly #whenSettled: (() => void)[] = []

  constructor(options: SnsPublisherOptions) {
    this.#options = options
  }

  open(topicArn: string): void {
    this.#topicArn = topicArn
  }

  /** Takes nothing any more, for this reason, until it is opened again. What is under way comes to its own end. */
  close(reason: string): void {
    this.#topicArn = undefined
    this.#closed = reason
    for (const publishing of this.#waiting.splice(0)) this.#refuse(publishing, new Error(reason))
    this.#settle()
  }

  /** Resolves once SNS has confirmed this message. Rejects at once where the broker is out of reach, and within 10 s otherwise. */
  publish(event: AnyCloudEvent): Promise<void> {
    if (this.#topicArn === undefined) return Promise.reject(new Error(this.#closed))
    if (!isKnown(event.type)) {
      return Promise.reject(new Error(`nobody here knows who consumes "${event.type}": it waits for a newer version`))
    }
    if (this.#waiting.length >= waitingAtMost) {
      return Promise.reject(new Error(`the broker is too slow: ${waitingAtMost} messages wait for it`))
    }
    const [message, attributes] = [JSON.stringify(event), attributesOf(event.type)]
    const bytes = bytesOf(message, attributes)
    if (bytes > bytesAtMost) {
      return Promise.reject(new Error(`the event has ${bytes} bytes with its attributes, and SNS takes ${bytesAtMost}`))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, attributes, bytes, resolve, reject })
      // Those of a turn of the event loop go out together.
      this.#writing ??= setImmediate(() => this.#write())
    })
  }

  /** Resolves when nothing waits or is under way. */
  settled(): Promise<void> {
    if (this.#isIdle) return Promise.resolve()
    return new Promise(resolve => this.#whenSettled.push(resolve))
  }

  get #isIdle(): boolean {
    return this.#requests === 0 && this.#waiting.length === 0
  }

  #write(): void {
    this.#writing = undefined
    while (this.#topicArn !== undefined && this.#waiting.length > 0 && this.#requests < requestsAtMost) {
      void this.#publishBatch(this.#topicArn, this.#nextBatch())
    }
  }

  #nextBatch(): Publishing[] {
    let bytes = 0
    let entries = 0
    for (const publishing of this.#waiting.slice(0, entriesAtMost)) {
      bytes += publishing.bytes
      if (bytes > bytesAtMost) break
      entries += 1
    }
    return this.#waiting.splice(0, entries)
  }

  async #publishBatch(topicArn: string, batch: Publishing[]): Promise<void> {
    const { sns, count, onFailure } = this.#options
    this.#requests += 1
    for (const _ of batch) count('published')
    const entries = batch.map(({ message, attributes }, at) => ({
      Id: String(at),
      Message: message,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
    }))
    try {
      const command = new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: entries })
      const { Successful = [], Failed = [] } = await sns.send(command, bounded())
      const confirmed = new Set(Successful.map(({ Id }) => Id))
      const reasons = new Map(Failed.map(({ Id, Code, Message }) => [Id, `${Code}: ${Message}`]))
      for (const [at, publishing] of batch.entries()) {
        if (confirmed.has(String(at))) this.#confirm(publishing)
        else this.#refuse(publishing, new Error(`SNS did not take the message: ${reasons.get(String(at))}`))
      }
    } catch (error) {
      for (const publishing of batch) this.#refuse(publishing, error as Error)
      onFailure(error)
    }
    this.#requests -= 1
    this.#write()
    this.#settle()
  }

  #confirm(publishing: Publishing): void {
    this.#options.count('confirmed')
    publishing.resolve()
  }

  #refuse(publishing: Publishing, error: Error): void {
    this.#options.count('failed')
    publishing.reject(error)
  }

  #settle(): void {
    if (this.#isIdle) for (const settled of this.#whenSettled.splice(0)) settled()
  }
}

/** Names, types and values of attributes count. */
function bytesOf(message: string, attributes: Record<string, string>): number {
  const counted = Object.entries(attributes).map(([name, value]) => `${name}String${value}`)
  return Buffer.byteLength(message) + Buffer.byteLength(counted.join(''))
}

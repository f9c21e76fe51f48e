// What a process hears in passing: a queue of its own, filled from the topic, that goes with the process.
import { paginateListSubscriptionsByTopic, UnsubscribeCommand } from '@aws-sdk/client-sns'
import { DeleteQueueCommand, paginateListQueues } from '@aws-sdk/client-sqs'
import type { AnyCloudEvent, EventType } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import type { Logger } from '../log/index.ts'
import { type AwsClients, bounded } from './aws-clients.ts'
import { isDenied, isMissingQueue } from './aws-errors.ts'
import { queueArn } from './sns-address.ts'
import { createQueue, letTopicSend, subscribeQueue } from './sns-topology.ts'
import { SqsQueue } from './sqs-queue.ts'

export interface SnsEarOptions {
  aws: AwsClients
  prefix: string
  types: EventType[]
  hear: (event: AnyCloudEvent) => void
  log: Logger
  /** Listening failed; it goes on. */
  onFailure: (error: unknown) => void
}

/** The shortest that SQS keeps a message: what was not heard soon need not be heard. */
const keptSeconds = 60
const renewMilliseconds = 12 * 3_600_000
/** A queue of this age has been left behind by a process that was killed: those that live are renewed before. */
const leftBehindMilliseconds = 2 * renewMilliseconds

interface Listening {
  queue: SqsQueue
  url: string
  subscriptionArn: string | undefined
}

export class SnsEar {
  readonly #options: SnsEarOptions
  #listening: Listening | undefined
  #renewing: NodeJS.Timeout | undefined
  #isOpening = false
  #isClosed = false

  constructor(options: SnsEarOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#listening !== undefined
  }

  /** Makes the queue and listens. Who may not make queues hears nothing: caches forget by themselves. */
  async open(topicArn: string): Promise<void> {
    if (this.#isOpening) return
    this.#isOpening = true
    try {
      await this.#open(topicArn)
    } finally {
      this.#isOpening = false
    }
  }

  async #open(topicArn: string): Promise<void> {
    const before = this.#listening
    const listening = await this.#listen(topicArn)
    this.#listening = listening
    clearTimeout(this.#renewing)
    if (!listening) return
    this.#renewing = setTimeout(() => this.#renew(topicArn), renewMilliseconds).unref()
    if (this.#isClosed) await this.close()
    if (before) await this.#forget(before)
    await this.#removeLeftBehind(topicArn)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#renewing)
    const listening = this.#listening
    this.#listening = undefined
    if (listening) await this.#forget(listening)
  }

  async #listen(topicArn: string): Promise<Listening | undefined> {
    const { aws, prefix, types, hear, log } = this.#options
    const name = `${beginning(prefix)}${uuidv7()}`
    const arn = queueArn(topicArn, name)
    const attributes = { MessageRetentionPeriod: String(keptSeconds), Policy: letTopicSend(topicArn, arn) }
    const url = await createQueue(aws.sqs, name, attributes).catch(error => {
      if (!isDenied(error)) throw error
      log.info({ event_types: types }, 'events are not heard in passing: sqs:CreateQueue is not allowed here')
      return undefined
    })
    if (url === undefined) return undefined
    const subscriptionArn = await subscribeQueue(aws.sns, topicArn, arn, { type: types })
    const deliver = async (event: AnyCloudEvent) => hear(event)
    const onFailure = (error: unknown) => this.#failed(topicArn, error)
    const queue = new SqsQueue(name, { sqs: aws.sqs, url, deliver, log, count: () => {}, onFailure })
    queue.start()
    return { queue, url, subscriptionArn }
  }

  #failed(topicArn: string, error: unknown): void {
    if (isMissingQueue(error)) this.#renew(topicArn)
    else this.#options.onFailure(error)
  }

  #renew(topicArn: string): void {
    this.open(topicArn).catch(error => this.#options.onFailure(error))
  }

  async #forget({ queue, url, subscriptionArn }: Listening): Promise<void> {
    const { sns, sqs } = this.#options.aws
    await queue.stop()
    // Best effort: what stays is removed by others when it is old.
    await Promise.allSettled([
      subscriptionArn && sns.send(new UnsubscribeCommand({ SubscriptionArn: subscriptionArn }), bounded()),
      sqs.send(new DeleteQueueCommand({ QueueUrl: url }), bounded()),
    ])
  }

  async #removeLeftBehind(topicArn: string): Promise<void> {
    const { aws, prefix, log } = this.#options
    const before = Date.now() - leftBehindMilliseconds
    const isLeft = (name: string) => madeAt(name, prefix) < before
    try {
      for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic(
        { client: aws.sns },
        { TopicArn: topicArn },
      )) {
        for (const { Endpoint = '', SubscriptionArn } of Subscriptions) {
          if (isLeft(Endpoint.split(':').at(-1)!))
            await aws.sns.send(new UnsubscribeCommand({ SubscriptionArn }), bounded())
        }
      }
      const ours = { QueueNamePrefix: beginning(prefix), MaxResults: 1_000 }
      for await (const { QueueUrls = [] } of paginateListQueues({ client: aws.sqs }, ours)) {
        for (const url of QueueUrls) {
          if (isLeft(url.split('/').at(-1)!)) await aws.sqs.send(new DeleteQueueCommand({ QueueUrl: url }), bounded())
        }
      }
    } catch (error) {
      log.debug({ err: error }, 'queues that were left behind could not be removed')
    }
  }
}

const beginning = (prefix: string) => `${prefix}-hears-`

/** Epoch ms, by the first 48 bits of the UUIDv7 (RFC 9562 5.7) in the queue's name; never, for other queues. */
function madeAt(name: string, prefix: string): number {
  if (!name.startsWith(beginning(prefix))) return Number.POSITIVE_INFINITY
  const digits = name.slice(beginning(prefix).length).replaceAll('-', '').slice(0, 12)
  const milliseconds = Number.parseInt(digits, 16)
  return Number.isNaN(milliseconds) ? Number.POSITIVE_INFINITY : milliseconds
}

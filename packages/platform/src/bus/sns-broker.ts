// SNS and SQS: a topic that fans out to queues which are polled. Nothing waits in memory for AWS to return: what cannot be
// published stays in the outbox, what was not deleted stays in its queue.
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { AnyCloudEvent, EventType } from '@waybill/contracts'
import type { Logger } from '../log/index.ts'
import type { GaugeValue } from '../metrics/index.ts'
import { type AwsClients, bounded, createAwsClients } from './aws-clients.ts'
import { isLost } from './aws-errors.ts'
import type { Broker, BrokerOptions, Deliver, Subscriber } from './broker.ts'
import { addBrokerMetrics, type CountMessage } from './broker-metrics.ts'
import { refuseStrays, typesFor } from './consumed-events.ts'
import { pause } from './pause.ts'
import { deadQueueName, queueName, readSnsAddress, type SnsAddress } from './sns-address.ts'
import { SnsEar } from './sns-ear.ts'
import { SnsPublisher } from './sns-publisher.ts'
import { declareTopology, type SnsTopology } from './sns-topology.ts'
import { SqsQueue } from './sqs-queue.ts'
import { within } from './within.ts'

const startMilliseconds = 5_000
const pingMilliseconds = 1_500
const settleMilliseconds = 2_000
const closeMilliseconds = 2_000

export class SnsBroker implements Broker {
  readonly #address: SnsAddress
  readonly #aws: AwsClients
  readonly #log: Logger
  readonly #count: CountMessage
  readonly #polls: boolean
  readonly #publisher: SnsPublisher
  readonly #subscriptions = new Map<string, Subscriber>()
  readonly #listeners: { types: EventType[]; hear: (event: AnyCloudEvent) => void }[] = []
  readonly #ending = new AbortController()
  /** Undefined while AWS is out of reach. */
  #topology: SnsTopology | undefined
  #queues: SqsQueue[] = []
  #ear: SnsEar | undefined
  #isConsuming = true
  #awaySince: number | undefined
  #connecting: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(url: string, options: BrokerOptions) {
    this.#address = readSnsAddress(url, options.aws ?? {})
    this.#aws = createAwsClients(this.#address.region, options.aws ?? {})
    this.#log = options.log.child({ broker: `${this.#address.region}/${this.#address.prefix}` })
    this.#polls = options.polls ?? true
    this.#count = addBrokerMetrics(options.metrics, {
      isConnected: () => this.#topology !== undefined,
      unacknowledged: () => this.#queues.reduce((sum, queue) => sum + queue.unacknowledged, 0),
      queued: () => this.#queued(),
    })
    this.#publisher = new SnsPublisher({
      sns: this.#aws.sns,
      count: this.#count,
      onFailure: error => this.#failed(error),
    })
  }

  subscribe(queue: string, types: EventType[], subscriber: Subscriber): void {
    refuseStrays(queue, types)
    if (typesFor(queue).length > 0) this.#subscriptions.set(queue, subscriber)
  }

  listen(types: EventType[], hear: (event: AnyCloudEvent) => void): void {
    this.#listeners.push({ types, hear })
  }

  /** Resolves when all stands and is polled, or as soon as it is clear that AWS is out of reach; trying goes on then. */
  async start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#connecting = this.#connect(resolve)
    await within(startMilliseconds, promise)
  }

  publish(event: AnyCloudEvent): Promise<void> {
    return this.#publisher.publish(event)
  }

  async ping(): Promise<void> {
    const topology = this.#topology
    if (!topology) throw new Error('the broker is not connected')
    const { sns, sqs } = this.#aws
    await Promise.all([
      sns.send(new GetTopicAttributesCommand({ TopicArn: topology.topicArn }), bounded(pingMilliseconds)),
      ...this.#ownQueues(topology).map(({ url }) =>
        sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
          bounded(pingMilliseconds),
        ),
      ),
    ])
  }

  /** About as many as SQS knows of: it counts over many machines. */
  async #queued(): Promise<GaugeValue[]> {
    const topology = this.#topology
    if (!topology) return []
    return Promise.all(
      this.#ownQueues(topology).map(async ({ service, url }) => {
        const { Attributes } = await this.#aws.sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
          bounded(pingMilliseconds),
        )
        return { labels: { service }, value: Number(Attributes?.ApproximateNumberOfMessages) }
      }),
    )
  }

  /** Those that we may use, of the services that this process hosts. */
  #ownQueues({ queueUrls }: SnsTopology): { service: string; url: string }[] {
    return [...this.#subscriptions.keys()].flatMap(service => {
      const url = queueUrls.get(queueName(this.#address.prefix, service))
      return url === undefined ? [] : [{ service, url }]
    })
  }

  async stopConsuming(): Promise<void> {
    this.#isConsuming = false
    await Promise.all(this.#queues.map(queue => queue.stop()))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#ending.abort()
    await Promise.all([this.stopConsuming(), within(closeMilliseconds, this.#ear?.close() ?? Promise.resolve())])
    await within(settleMilliseconds, this.#publisher.settled())
    this.#publisher.close('the broker is closed')
    this.#topology = undefined
    if (this.#connecting) await within(closeMilliseconds, this.#connecting)
    this.#aws.sns.destroy()
    this.#aws.sqs.destroy()
  }

  /** Tries until all stands; `decided` is called when that is so, or clearly not yet. */
  async #connect(decided = () => {}): Promise<void> {
    for (let attempt = 1; !this.#ending.signal.aborted; attempt += 1) {
      try {
        await this.#setUp()
        this.#back()
        break
      } catch (error) {
        this.#away(error)
      } finally {
        decided()
      }
      await pause(attempt, this.#ending.signal)
    }
  }

  async #setUp(): Promise<void> {
    const topology = await this.#findTopology()
    if (this.#ending.signal.aborted) return
    if (this.#polls) {
      this.#poll(topology)
      await this.#hear(topology)
    }
    if (this.#ending.signal.aborted) return
    this.#publisher.open(topology.topicArn)
    this.#topology = topology
  }

  async #findTopology(): Promise<SnsTopology> {
    const { topicArn } = this.#address
    // Who only publishes to the topic of somebody else need not look at queues: a function of Lambda begins without asking for anything.
    if (!this.#polls && topicArn !== undefined) return { topicArn, queueUrls: new Map() }
    return declareTopology(this.#aws, this.#address)
  }

  /** Begins once: what polls goes on by itself, whatever happens. */
  #poll({ queueUrls }: SnsTopology): void {
    if (!this.#isConsuming || this.#queues.length > 0) return
    const { prefix } = this.#address
    const sources = [...this.#subscriptions].flatMap(([service, { deliver, bury }]): [string, Deliver][] => [
      [queueName(prefix, service), deliver],
      [deadQueueName(prefix, service), bury],
    ])
    this.#queues = sources.map(([name, deliver]) => {
      const url = queueUrls.get(name)
      if (url === undefined) throw new Error(`the queue ${name} may not be used here: allow sqs:GetQueueUrl and more`)
      const onFailure = (error: unknown) => this.#failed(error)
      return new SqsQueue(name, { sqs: this.#aws.sqs, url, deliver, log: this.#log, count: this.#count, onFailure })
    })
    for (const queue of this.#queues) queue.start()
  }

  async #hear({ topicArn }: SnsTopology): Promise<void> {
    if (this.#listeners.length === 0 || this.#ear?.isOpen) return
    this.#ear ??= new SnsEar({
      aws: this.#aws,
      prefix: this.#address.prefix,
      types: [...new Set(this.#listeners.flatMap(({ types }) => types))],
      hear: event => this.#pass(event),
      log: this.#log,
      onFailure: error => this.#failed(error),
    })
    await this.#ear.open(topicArn)
  }

  #pass(event: AnyCloudEvent): void {
    try {
      for (const { types, hear } of this.#listeners) if (types.includes(event.type)) hear(event)
    } catch (error) {
      this.#log.warn({ err: error, event_type: event.type }, 'an event was heard and not understood')
    }
  }

  /** A call failed, perhaps because nothing works: then all is looked at again, and made again where it is gone. */
  #failed(error: unknown): void {
    if (!this.#topology || this.#closing || !isLost(error)) return
    this.#topology = undefined
    this.#publisher.close('the broker is out of reach')
    this.#away(error)
    this.#connecting = this.#connect()
  }

  #away(error: unknown): void {
    if (this.#awaySince !== undefined || this.#closing) return
    this.#awaySince = performance.now()
    const { name, message, code } = error as NodeJS.ErrnoException
    this.#log.warn(
      { reason: message || code || name },
      'the broker is out of reach; facts wait in the databases, connecting goes on',
    )
  }

  #back(): void {
    if (this.#closing) return
    const seconds = this.#awaySince === undefined ? 0 : Math.round((performance.now() - this.#awaySince) / 100) / 10
    this.#awaySince = undefined
    this.#log.info({ away_seconds: seconds }, 'the broker is connected')
  }
}

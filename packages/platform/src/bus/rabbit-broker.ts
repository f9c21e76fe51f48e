// RabbitMQ: one connection a process, made again and again while the broker is away. Nothing waits in memory for its return:
// what cannot be published stays in the outbox, what was not acknowledged stays in its queue.
import type { AnyCloudEvent, EventType } from '@waybill/contracts'
import { type Channel, type ChannelModel, type ConsumeMessage, connect, type RecoveringChannelModel } from 'amqplib'
import type { Logger } from '../log/index.ts'
import type { GaugeValue } from '../metrics/index.ts'
import type { Broker, BrokerOptions, Deliver, Subscriber } from './broker.ts'
import { addBrokerMetrics, type CountMessage } from './broker-metrics.ts'
import { refuseStrays, typesFor } from './consumed-events.ts'
import { RabbitPublisher } from './rabbit-publisher.ts'
import { RabbitQueue } from './rabbit-queue.ts'
import { deadQueueOf, declareTopology, eventsExchange, queueOf } from './rabbit-topology.ts'
import { within } from './within.ts'

/** A broker that says nothing for two of these is gone, though its machine may still hold the connection. */
const heartbeatSeconds = 10
const connectMilliseconds = 5_000
const firstPauseMilliseconds = 200
const longestPauseMilliseconds = 5_000
const pingMilliseconds = 1_500
const closeMilliseconds = 2_000
const settleMilliseconds = 2_000

/** One connection that stands, with its channels. */
interface Session {
  model: ChannelModel
  control: Channel
  queues: RabbitQueue[]
  /** Why the broker reads nothing from us: it is short of memory or disk. */
  blocked: string | undefined
}

export class RabbitBroker implements Broker {
  readonly #url: string
  /** Host and virtual host, without the password. */
  readonly #place: string
  readonly #name: string
  readonly #log: Logger
  readonly #count: CountMessage
  readonly #publisher: RabbitPublisher
  readonly #subscriptions = new Map<string, Subscriber>()
  readonly #listeners: { types: EventType[]; hear: (event: AnyCloudEvent) => void }[] = []
  #recovering: RecoveringChannelModel | undefined
  #session: Session | undefined
  #isConsuming = true
  #awaySince: number | undefined
  #declaring: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(url: string, options: BrokerOptions) {
    const target = new URL(url)
    this.#place = target.host + target.pathname
    if (!target.searchParams.has('heartbeat')) target.searchParams.set('heartbeat', String(heartbeatSeconds))
    this.#url = target.href
    this.#name = options.name
    this.#log = options.log.child({ broker: this.#place })
    this.#count = addBrokerMetrics(options.metrics, {
      isConnected: () => this.#session !== undefined,
      unacknowledged: () => (this.#session?.queues ?? []).reduce((sum, queue) => sum + queue.unacknowledged, 0),
      queued: () => this.#queued(),
    })
    this.#publisher = new RabbitPublisher(this.#count, type => this.#declareAgain(type))
    options.metrics?.gauge(
      'waybill_broker_blocked',
      '1 while the broker takes no messages, short of memory or disk',
      async () => [{ labels: {}, value: this.#session?.blocked === undefined ? 0 : 1 }],
    )
  }

  subscribe(queue: string, types: EventType[], subscriber: Subscriber): void {
    refuseStrays(queue, types)
    if (typesFor(queue).length > 0) this.#subscriptions.set(queue, subscriber)
  }

  listen(types: EventType[], hear: (event: AnyCloudEvent) => void): void {
    this.#listeners.push({ types, hear })
  }

  /** Resolves when connected, or as soon as it is clear that the broker is out of reach; connecting goes on then. */
  async start(): Promise<void> {
    const recovering = await connect(this.#url, {
      noDelay: true,
      timeout: connectMilliseconds,
      clientProperties: { connection_name: this.#name },
      recovery: {
        initialDelay: firstPauseMilliseconds,
        maxDelay: longestPauseMilliseconds,
        waitForConnect: false,
        setup: (model: ChannelModel) => this.#setUp(model),
      },
    })
    this.#recovering = recovering
    // Without a listener it would end the process; 'disconnect' says the same.
    recovering.on('error', () => {})
    recovering.on('disconnect', error => this.#away(error))
    recovering.on('connect', () => this.#back())
    const decided = new Promise<void>(resolve => {
      recovering.once('connect', () => resolve())
      recovering.once('connect-failed', () => resolve())
    })
    recovering.on('connect-failed', error => this.#away(error))
    await within(connectMilliseconds, decided)
  }

  publish(event: AnyCloudEvent): Promise<void> {
    const blocked = this.#session?.blocked
    if (blocked !== undefined) return Promise.reject(new Error(`the broker takes nothing: ${blocked}`))
    return this.#publisher.publish(event)
  }

  async ping(): Promise<void> {
    const session = this.#session
    if (!session) throw new Error('the broker is not connected')
    if (session.blocked !== undefined) throw new Error(`the broker takes nothing: ${session.blocked}`)
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the broker does not answer')), pingMilliseconds)
    })
    await Promise.race([session.control.checkExchange(eventsExchange), timeout]).finally(() => clearTimeout(timer))
  }

  async #queued(): Promise<GaugeValue[]> {
    const session = this.#session
    if (!session) return []
    return Promise.all(
      [...this.#subscriptions.keys()].map(async service => {
        const { messageCount } = await session.control.checkQueue(queueOf(service))
        return { labels: { service }, value: messageCount }
      }),
    )
  }

  async stopConsuming(): Promise<void> {
    this.#isConsuming = false
    await Promise.all((this.#session?.queues ?? []).map(queue => queue.stop()))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.stopConsuming()
    await within(settleMilliseconds, this.#publisher.settled())
    this.#publisher.close('the broker is closed')
    this.#session = undefined
    if (this.#recovering) await within(closeMilliseconds, this.#recovering.close())
  }

  /** Makes all channels of a new connection; when one cannot be made the connection is given up and tried again later. */
  async #setUp(model: ChannelModel): Promise<void> {
    let lost: string | undefined
    const session: Omit<Session, 'control'> = { model, queues: [], blocked: undefined }
    // A channel that breaks takes the connection with it: a new one has everything again.
    const onLost = (reason: string) => {
      lost ??= reason
      queueMicrotask(() => model.close().catch(() => {}))
    }
    model.on('error', () => {})
    model.on('close', () => {
      lost ??= 'the connection closed'
    })
    model.on('blocked', reason => {
      session.blocked = reason
      this.#log.warn({ reason }, 'the broker takes no messages')
    })
    model.on('unblocked', () => {
      session.blocked = undefined
      this.#log.info('the broker takes messages again')
    })
    try {
      const control = this.#guard(await model.createChannel(), onLost)
      await declareTopology(control)
      const publishing = this.#guard(await model.createConfirmChannel(), onLost)
      await this.#consume(session, onLost)
      await this.#hear(model, onLost)
      if (lost !== undefined) throw new Error(lost)
      // The process may have begun to stop meanwhile.
      if (!this.#isConsuming) await Promise.all(session.queues.map(queue => queue.stop()))
      this.#publisher.open(publishing)
      this.#session = Object.assign(session, { control })
    } catch (error) {
      // Closed here, for a while at most: waiting for an answer that never comes would be the end of connecting.
      await within(closeMilliseconds, model.close())
      throw error
    }
  }

  async #consume(session: Pick<Session, 'model' | 'queues'>, onLost: (reason: string) => void): Promise<void> {
    if (!this.#isConsuming) return
    const sources = [...this.#subscriptions].flatMap(([service, { deliver, bury }]): [string, Deliver][] => [
      [queueOf(service), deliver],
      [deadQueueOf(service), bury],
    ])
    await Promise.all(
      sources.map(async ([name, deliver]) => {
        const channel = await session.model.createChannel()
        channel.on('error', error => this.#log.warn({ err: error, queue: name }, 'the broker closed a channel'))
        const queue = new RabbitQueue(name, channel, { deliver, log: this.#log, count: this.#count, onLost })
        session.queues.push(queue)
        await queue.start()
      }),
    )
  }

  /** A queue of this process alone, gone with the connection: what is missed meanwhile is missed. */
  async #hear(model: ChannelModel, onLost: (reason: string) => void): Promise<void> {
    if (this.#listeners.length === 0) return
    const channel = this.#guard(await model.createChannel(), onLost)
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false })
    const types = new Set(this.#listeners.flatMap(listener => listener.types))
    await Promise.all([...types].map(type => channel.bindQueue(queue, eventsExchange, type)))
    await channel.consume(queue, message => (message ? this.#pass(message) : onLost('the listening queue is gone')), {
      noAck: true,
    })
  }

  #pass(message: ConsumeMessage): void {
    try {
      const event: AnyCloudEvent = JSON.parse(message.content.toString())
      for (const { types, hear } of this.#listeners) if (types.includes(event.type)) hear(event)
    } catch (error) {
      this.#log.warn({ err: error, event_type: message.fields.routingKey }, 'an event was heard and not understood')
    }
  }

  #guard<C extends Channel>(channel: C, onLost: (reason: string) => void): C {
    channel.on('error', error => this.#log.warn({ err: error }, 'the broker closed a channel'))
    channel.on('close', () => onLost('a channel closed'))
    return channel
  }

  /** A message came back: somebody deleted a queue or a binding. */
  #declareAgain(type: string): void {
    const control = this.#session?.control
    if (!control || this.#declaring) return
    this.#log.error({ event_type: type }, 'no queue wants an event that has consumers; the queues are declared again')
    this.#declaring = declareTopology(control)
      .catch(error => this.#log.error({ err: error }, 'the queues could not be declared'))
      .finally(() => {
        this.#declaring = undefined
      })
  }

  #away(error: NodeJS.ErrnoException): void {
    this.#session = undefined
    if (this.#awaySince !== undefined || this.#closing) return
    this.#awaySince = performance.now()
    this.#log.warn(
      { reason: reasonOf(error) },
      'the broker is out of reach; facts wait in the databases, connecting goes on',
    )
  }

  #back(): void {
    const seconds = this.#awaySince === undefined ? 0 : Math.round((performance.now() - this.#awaySince) / 100) / 10
    this.#awaySince = undefined
    this.#log.info({ away_seconds: seconds }, 'the broker is connected')
  }
}

function reasonOf({ message, code }: NodeJS.ErrnoException): string | undefined {
  // All that the client says when the broker turns us away for the virtual host in the URL.
  if (/Expected ConnectionOpenOk; got <ConnectionClose/.test(message)) {
    return 'the virtual host is not there, or this user may not use it'
  }
  // A name with several addresses fails without a message of its own.
  return message || code
}

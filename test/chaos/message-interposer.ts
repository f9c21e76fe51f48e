// Stands between the exchange and the services' queues for a while: what passes comes late, in another order, and some of it twice.
import { setTimeout as pause } from 'node:timers/promises'
import {
  type EventDefinition,
  type EventType,
  eventCatalogue,
  type ServiceName,
  serviceNames,
} from '@waybill/contracts'
import { until } from '@waybill/platform/testing'
import { type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib'
import type { Random } from './seeded-random.ts'

export interface InterposerOptions {
  /** The share of messages that come twice, 0 to 1. */
  duplicated: number
  /** Seconds; each message is held up for a time of its own, so they overtake each other. */
  delayedAtMost: number
  random: Random
}

export interface MessageInterposer {
  /** Gives the queues back to the exchange once everything has passed. */
  stop(): Promise<{ passed: number; twice: number }>
}

const exchange = 'waybill.events'
const definitions = Object.entries<EventDefinition>(eventCatalogue) as [EventType, EventDefinition][]
const typesFor = (service: ServiceName) =>
  definitions.filter(([, { consumers }]) => consumers.includes(service)).map(([type]) => type)
const consumers = serviceNames.filter(service => typesFor(service).length > 0)
const queueOf = (service: ServiceName) => `waybill.${service}`
const ownQueueOf = (service: ServiceName) => `chaos.${service}`

/** A service that starts meanwhile binds its queue again: then it gets messages from the exchange and from us. */
export async function startMessageInterposer(url: string, options: InterposerOptions): Promise<MessageInterposer> {
  const { duplicated, delayedAtMost, random } = options
  const connection = await connect(url, { noDelay: true })
  const channel = await connection.createConfirmChannel()
  // Whoever waits for an answer is told of it too.
  for (const it of [connection, channel]) it.on('error', () => {})
  const held = new Set<Promise<void>>()
  const count = { passed: 0, twice: 0 }

  const hold = (service: ServiceName) => (message: ConsumeMessage | null) => {
    if (!message) return
    const times = random.chance(duplicated) ? 2 : 1
    const delays = Array.from({ length: times }, () => random.next() * delayedAtMost * 1_000)
    count.passed++
    if (times > 1) count.twice++
    const passing = Promise.all(delays.map(delay => passOn(channel, service, message, delay)))
      // What is not taken yet stays ours: were we to end here, the broker would hand it out again.
      .then(() => channel.ack(message))
      .finally(() => held.delete(passing))
    held.add(passing)
  }

  // We are bound before they are unbound, and they again before we let go: no message falls in between, some come twice.
  for (const service of consumers) {
    await channel.assertQueue(ownQueueOf(service), { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    for (const type of typesFor(service)) await channel.bindQueue(ownQueueOf(service), exchange, type)
    await channel.consume(ownQueueOf(service), hold(service))
    for (const type of typesFor(service)) await channel.unbindQueue(queueOf(service), exchange, type)
  }

  return {
    async stop() {
      for (const service of consumers) {
        for (const type of typesFor(service)) {
          await channel.bindQueue(queueOf(service), exchange, type)
          await channel.unbindQueue(ownQueueOf(service), exchange, type)
        }
      }
      for (const service of consumers) {
        const queue = ownQueueOf(service)
        await until(
          async () => held.size + (await channel.checkQueue(queue)).messageCount,
          left => left === 0,
          30,
        )
        await channel.deleteQueue(queue)
      }
      await connection.close()
      return count
    },
  }
}

async function passOn(channel: ConfirmChannel, service: ServiceName, message: ConsumeMessage, delay: number) {
  await pause(delay)
  const { content, properties } = message
  await new Promise<void>((resolve, reject) => {
    channel.sendToQueue(queueOf(service), content, { ...properties, persistent: true }, error =>
      error ? reject(error) : resolve(),
    )
  })
}

// What stands in RabbitMQ: one exchange, a queue for each service that consumes, and behind each queue one for what it gave up.
import type { EventType } from '@waybill/contracts'
import type { Channel } from 'amqplib'
import { consumersOf, isKnown, servicesThatConsume, typesFor } from './consumed-events.ts'

export const eventsExchange = 'waybill.events'
const deadExchange = 'waybill.dead'

/**
 * How often a message is handed out again before the queue gives it up. A message that ends the process which handles it
 * must not do so for ever; restarts and broken connections, which count too, must not be enough to get there.
 */
const deliveryLimit = 50
/** Newer brokers limit every quorum queue by themselves and drop what is over; what is dead must never be dropped. */
const deadDeliveryLimit = 1_000_000

export const queueOf = (service: string) => `waybill.${service}`
export const deadQueueOf = (service: string) => `waybill.${service}.dead`

/**
 * Whether a message of this type must reach a queue: some facts are told to nobody. A type that only a newer version knows,
 * whose facts lie in the same outbox, is not let go before that version has made its queue.
 */
export function isConsumed(type: EventType): boolean {
  return !isKnown(type) || consumersOf(type).length > 0
}

/**
 * Declares everything, also for services that this process does not host: a queue that is not there yet
 * would lose facts for a consumer that starts later. Safe to run at any time, by any number of processes.
 * A queue keeps the arguments that it was made with: whoever declares it with others is refused, so they are not free to change.
 */
export async function declareTopology(channel: Channel): Promise<void> {
  await channel.assertExchange(eventsExchange, 'topic', { durable: true })
  await channel.assertExchange(deadExchange, 'direct', { durable: true })
  // Answers come in order on a channel, so nothing is waited for before the end.
  await Promise.all(
    servicesThatConsume.flatMap(service => {
      const [queue, deadQueue] = [queueOf(service), deadQueueOf(service)]
      return [
        channel.assertQueue(deadQueue, {
          durable: true,
          arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': deadDeliveryLimit },
        }),
        channel.bindQueue(deadQueue, deadExchange, queue),
        channel.assertQueue(queue, {
          durable: true,
          arguments: {
            'x-queue-type': 'quorum',
            'x-delivery-limit': deliveryLimit,
            'x-dead-letter-exchange': deadExchange,
            'x-dead-letter-routing-key': queue,
            // At least once, which needs the overflow: a broker that stops on the way loses no dead letter.
            'x-dead-letter-strategy': 'at-least-once',
            'x-overflow': 'reject-publish',
          },
        }),
        ...typesFor(service).map(type => channel.bindQueue(queue, eventsExchange, type)),
      ]
    }),
  )
}

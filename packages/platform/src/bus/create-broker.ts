// Chooses the broker by its URL.
import type { Broker, BrokerOptions } from './broker.ts'
import { MemoryBroker } from './memory-broker.ts'

/**
 * `memory:` for a single process, `amqp://` or `amqps://` for RabbitMQ, `sns://` for SNS and SQS. The settings have checked
 * the form; a SettingsError says what else is missing.
 */
export async function createBroker(url: string, options: BrokerOptions): Promise<Broker> {
  if (url === 'memory:') return new MemoryBroker()
  // Loaded where they are used: the single process starts without them.
  if (url.startsWith('sns:')) {
    const { SnsBroker } = await import('./sns-broker.ts')
    return new SnsBroker(url, options)
  }
  const { RabbitBroker } = await import('./rabbit-broker.ts')
  return new RabbitBroker(url, options)
}

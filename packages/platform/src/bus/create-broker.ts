// Chooses the broker by its URL.
import type { Broker } from './broker.ts'
import { MemoryBroker } from './memory-broker.ts'
import type { RabbitBrokerOptions } from './rabbit-broker.ts'

/** `memory:` for a single process, `amqp://` or `amqps://` for RabbitMQ. The settings have checked the form. */
export async function createBroker(url: string, options: RabbitBrokerOptions): Promise<Broker> {
  if (url === 'memory:') return new MemoryBroker()
  // Loaded where it is used: the single process starts without it.
  const { RabbitBroker } = await import('./rabbit-broker.ts')
  return new RabbitBroker(url, options)
}

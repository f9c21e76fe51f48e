// The broker of a single process. It keeps nothing: it vouches for a message only once every consumer has committed it,
// so what a crash interrupts is still in the producer's outbox.
import type { AnyCloudEvent, EventType } from '@waybill/contracts'
import type { Broker, Deliver, Subscriber } from './broker.ts'

export class MemoryBroker implements Broker {
  readonly #consumers = new Map<EventType, Deliver[]>()

  subscribe(_queue: string, types: EventType[], { deliver }: Subscriber): void {
    this.#add(types, deliver)
  }

  listen(types: EventType[], hear: (event: AnyCloudEvent) => void): void {
    this.#add(types, async event => hear(event))
  }

  async publish(event: AnyCloudEvent): Promise<void> {
    const consumers = this.#consumers.get(event.type) ?? []
    await Promise.all(consumers.map(deliver => deliver(event)))
  }

  async start(): Promise<void> {}
  async ping(): Promise<void> {}
  async stopConsuming(): Promise<void> {}
  async close(): Promise<void> {}

  #add(types: EventType[], deliver: Deliver): void {
    for (const type of types) this.#consumers.set(type, [...(this.#consumers.get(type) ?? []), deliver])
  }
}

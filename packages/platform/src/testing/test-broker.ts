// The in-process broker with ears: tests see every event, wait for one, and send what another service would have sent.
import type { AnyCloudEvent, CloudEvent, EventFacts, EventType } from '@waybill/contracts'
import { MemoryBroker, newEvent, type Subscriber } from '../bus/index.ts'

interface Waiting {
  matches: (event: AnyCloudEvent) => boolean
  resolve: (event: AnyCloudEvent) => void
}

export class TestBroker extends MemoryBroker {
  readonly published: AnyCloudEvent[] = []
  /** The event types that each service asked for. */
  readonly wanted = new Map<string, EventType[]>()
  readonly #subscribers = new Map<string, Subscriber>()
  readonly #waiting = new Set<Waiting>()

  override subscribe(queue: string, types: EventType[], subscriber: Subscriber): void {
    this.wanted.set(queue, types)
    this.#subscribers.set(queue, subscriber)
    super.subscribe(queue, types, subscriber)
  }

  override async publish(event: AnyCloudEvent): Promise<void> {
    this.published.push(event)
    for (const waiting of this.#waiting) {
      if (waiting.matches(event)) {
        this.#waiting.delete(waiting)
        waiting.resolve(event)
      }
    }
    await super.publish(event)
  }

  /** Publishes a fact as another service would; resolves when its consumers have committed. Answers the event, to be sent twice. */
  async send<K extends EventType>(
    type: K,
    subject: string,
    data: EventFacts[K],
    now = Date.now(),
  ): Promise<CloudEvent<K>> {
    const event = newEvent(type, subject, data, now)
    await this.publish(event)
    return event as CloudEvent<K>
  }

  /** Hands a message to a service as one that was handed out again and again and never taken. */
  async giveUp(queue: string, event: AnyCloudEvent): Promise<void> {
    await this.#subscribers.get(queue)!.bury(event)
  }

  /** Resolves with the first event, past or to come, of a type about `subject`. Rejects after 30 s. */
  waitFor<K extends EventType>(type: K, subject?: string): Promise<CloudEvent<K>> {
    const matches = (event: AnyCloudEvent) =>
      event.type === type && (subject === undefined || event.subject === subject)
    const past = this.published.find(matches)
    if (past) return Promise.resolve(past as CloudEvent<K>)
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { matches, resolve: event => resolve(event as CloudEvent<K>) }
      this.#waiting.add(waiting)
      const seen = () => this.published.map(event => event.type).join(', ')
      AbortSignal.timeout(30_000).addEventListener('abort', () => reject(new Error(`no ${type} came; seen: ${seen()}`)))
    })
  }
}

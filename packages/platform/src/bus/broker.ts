// What carries events between services. Delivery is at least once; whoever consumes keeps an inbox.
import type { AnyCloudEvent, EventType } from '@waybill/contracts'

/** Handles one message; a rejection means that it was not taken and must come again. */
export type Deliver = (event: AnyCloudEvent) => Promise<void>

export interface Broker {
  /** Resolves when the broker vouches for the message: it will reach every queue that wants it. Rejects where it does not. */
  publish(event: AnyCloudEvent): Promise<void>
  /** Names a queue (one a service), the event types it wants and who takes them. Called before `start`. */
  subscribe(queue: string, types: EventType[], deliver: Deliver): void
  /** Every process hears these, in passing: for caches that may forget early, never for work. */
  listen(types: EventType[], hear: (event: AnyCloudEvent) => void): void
  start(): Promise<void>
  /** Rejects where the broker is out of reach. */
  ping(): Promise<void>
  close(): Promise<void>
}

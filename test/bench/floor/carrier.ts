// What carries a floor's events from one durable step to the next, once they are committed.
import { type FloorEvent, readEvent } from './order-rows.ts'

export type Handle = (event: FloorEvent) => Promise<void>

export interface Carrier {
  /** Of an event whose outbox row is committed. */
  publish(event: FloorEvent): void
  /** Hands over what is published from now on. */
  consume(handle: Handle): Promise<void>
}

/** In the same process: the next step begins at once, and reads the message as if it had come from afar. */
export function carryInMemory(): Carrier {
  let handle: Handle = async () => {}
  return {
    publish: event => void handle(readEvent(event.message)),
    async consume(next) {
      handle = next
    },
  }
}

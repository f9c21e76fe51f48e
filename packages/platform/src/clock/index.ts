// The one clock of a process: everything that asks for the time asks here, so that a test can move it.

export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  now(): number
  /** How far (ms) a test has moved it ahead of the real time; 0 for a system's clock. */
  moved(): number
  /** Calls `listener` whenever the clock jumps; answers a function that stops that. The system clock never jumps. */
  onMove(listener: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  moved: () => 0,
  onMove: () => () => {},
}

/** A clock that runs with the system's but can be moved ahead, so that "in an hour" can be tested now. */
export class MovableClock implements Clock {
  #offset = 0
  readonly #listeners = new Set<() => void>()

  now(): number {
    return Date.now() + this.#offset
  }

  moved(): number {
    return this.#offset
  }

  /** Moves the clock ahead by `milliseconds` and wakes whatever waits for a due time. */
  advance(milliseconds: number): void {
    this.#offset += milliseconds
    for (const listener of this.#listeners) listener()
  }

  onMove(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** RFC 3339, UTC, milliseconds: the one form in which times leave the system. `null` stays `null`. */
export function rfc3339(time: number): string
export function rfc3339(time: number | null): string | null
export function rfc3339(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

// Remembers which attempts this process has stored and surely nobody has called the gateway for: about all others the gateway is asked first.
import type { Clock } from '@waybill/platform/clock'
import { type AnyTx, afterCommit } from '@waybill/platform/db'

/** Less than a timer's claim lives: within it, no other process can have taken the work over. */
const freshMilliseconds = 2_000

export class FreshAttempts {
  readonly #clock: Clock
  /** Attempt id to the time until which it is fresh, oldest first. */
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(tx: AnyTx, attemptId: string): void {
    afterCommit(tx, () => {
      this.#forgetOld()
      this.#until.set(attemptId, this.#clock.now() + freshMilliseconds)
    })
  }

  /** True once at most for each attempt: whoever is told true calls the gateway. */
  take(attemptId: string): boolean {
    const until = this.#until.get(attemptId)
    this.#until.delete(attemptId)
    return until !== undefined && this.#clock.now() < until
  }

  #forgetOld(): void {
    for (const [id, until] of this.#until) {
      if (until > this.#clock.now()) return
      this.#until.delete(id)
    }
  }
}

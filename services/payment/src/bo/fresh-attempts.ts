// Remembers which attempts this process has stored and surely nobody has called the gateway for: about all others the gateway is asked first.
import { type AnyTx, afterCommit } from '@waybill/platform/db'

/**
 * Less than a timer's claim lives: within it, no other process can have taken the work over. A process that stalls between
 * being told so and calling may still be late: the gateway knows both calls by their one idempotency key.
 */
const freshMilliseconds = 2_000

export class FreshAttempts {
  /** Attempt id to the time (`performance.now()`, which no setting of the clock moves) until which it is fresh, oldest first. */
  readonly #until = new Map<string, number>()

  /** To be called in the transaction that stores the attempt, before its timer is scheduled: the claim may not be older. */
  note(tx: AnyTx, attemptId: string): void {
    const until = performance.now() + freshMilliseconds
    afterCommit(tx, () => {
      this.#forgetOld()
      this.#until.set(attemptId, until)
    })
  }

  /** True once at most for each attempt: whoever is told true calls the gateway. */
  take(attemptId: string): boolean {
    const until = this.#until.get(attemptId)
    this.#until.delete(attemptId)
    return until !== undefined && performance.now() < until
  }

  #forgetOld(): void {
    for (const [id, until] of this.#until) {
      if (until > performance.now()) return
      this.#until.delete(id)
    }
  }
}

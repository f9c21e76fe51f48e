// Tells whoever waits for a refund in this process that its outcome is recorded; the rows say what it was.
import { EventEmitter, once } from 'node:events'

export class RefundOutcomes {
  /** As many may wait as there are refunds under way. */
  readonly #recorded = new EventEmitter().setMaxListeners(0)

  announce(attemptId: string): void {
    this.#recorded.emit(attemptId)
  }

  /** Resolves when the outcome is recorded here, or after `milliseconds`: another process may have done the work. */
  async wait(attemptId: string, milliseconds: number): Promise<void> {
    const late = AbortSignal.timeout(milliseconds)
    await once(this.#recorded, attemptId, { signal: late }).catch(error => {
      if (!late.aborted) throw error
    })
  }
}

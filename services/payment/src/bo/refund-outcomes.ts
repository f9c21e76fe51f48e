// Tells whoever waits for a refund that its outcome is recorded: at once where this process did it, soon where another one did.
import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'

/** Another instance may do the work: its row is looked at so often. */
const lookMilliseconds = 150

export class RefundOutcomes {
  /** As many may wait as there are refunds under way. */
  readonly #recorded = new EventEmitter().setMaxListeners(0)

  announce(attemptId: string): void {
    this.#recorded.emit(attemptId)
  }

  /** Begins to wait. What it answers resolves once the outcome is recorded here or `isRecorded`, or after `milliseconds`. */
  wait(attemptId: string, milliseconds: number): (isRecorded: () => Promise<boolean>) => Promise<void> {
    const late = AbortSignal.timeout(milliseconds)
    const ended = new AbortController()
    const isOver = AbortSignal.any([late, ended.signal])
    let isKnown = false
    const here = once(this.#recorded, attemptId, { signal: isOver }).then(
      () => {
        isKnown = true
      },
      error => {
        if (!isOver.aborted) throw error
      },
    )
    return async isRecorded => {
      while (!isKnown && !late.aborted) {
        await Promise.race([here, pause(lookMilliseconds)])
        if (isKnown || (await isRecorded())) break
      }
      ended.abort()
    }
  }
}

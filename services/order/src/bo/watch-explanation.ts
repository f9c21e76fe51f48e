// Follows the explanation of an order: as it is, then whenever it changes, until nothing more will happen.
import { setTimeout as pause } from 'node:timers/promises'
import type { Explanation } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { StreamEvent } from '@waybill/platform/http'
import type { ExplainOrder } from './explain-order.ts'

interface Needs {
  explainOrder: ExplainOrder
  clock: Clock
}

/** It is made of what several services know, on any of their instances: nothing but a look tells that it has changed. */
const firstPauseMilliseconds = 300
/** The longer nothing changes, the longer the pauses. */
const longestPauseMilliseconds = 4_000
/** What is due is seen to have been done soon after that. */
const afterDueMilliseconds = 200

export type WatchExplanation = ReturnType<typeof createWatchExplanation>

export function createWatchExplanation({ explainOrder, clock }: Needs) {
  /** Milliseconds until the next step is worth a look; without end where none is to come. */
  function untilDue({ next_at }: Explanation): number {
    const left = next_at === null ? 0 : Date.parse(next_at) - clock.now()
    return left > 0 ? left + afterDueMilliseconds : Number.POSITIVE_INFINITY
  }

  /** `first`: what the caller may see has been judged, and read, before the stream begins. */
  return async function* (
    first: Explanation,
    { caller, token, signal }: { caller: Principal; token: string; signal: AbortSignal },
  ): AsyncGenerator<StreamEvent> {
    let last = JSON.stringify(first)
    yield { event: 'explanation', data: last }
    let milliseconds = firstPauseMilliseconds
    for (let seen = first; !seen.ended; ) {
      await pause(Math.min(milliseconds, untilDue(seen)), undefined, { signal, ref: false }).catch(() => {})
      // With a token that is over the other services tell nothing: whoever follows comes again with a fresh one.
      if (signal.aborted || clock.now() >= caller.expires_at) return
      seen = await explainOrder(caller, first.order_id, token)
      const data = JSON.stringify(seen)
      milliseconds = data === last ? Math.min(milliseconds * 1.5, longestPauseMilliseconds) : firstPauseMilliseconds
      if (data === last) continue
      last = data
      yield { event: 'explanation', data }
    }
  }
}

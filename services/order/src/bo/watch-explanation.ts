// Follows the explanation of an order: as it is, then whenever it changes, until nothing more will happen.
import { setTimeout as pause } from 'node:timers/promises'
import type { Explanation } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { StreamEvent } from '@waybill/platform/http'
import type { ExplainOrder } from './explain-order.ts'

interface Needs {
  explainOrder: ExplainOrder
}

/** It is made of what several services know, on any of their instances: nothing but a look tells that it has changed. */
const firstPauseMilliseconds = 300
/** The longer nothing changes, the longer the pauses. */
const longestPauseMilliseconds = 4_000

export type WatchExplanation = ReturnType<typeof createWatchExplanation>

export function createWatchExplanation({ explainOrder }: Needs) {
  /** `first`: what the caller may see has been judged, and read, before the stream begins. */
  return async function* (
    first: Explanation,
    { caller, token, signal }: { caller: Principal; token: string; signal: AbortSignal },
  ): AsyncGenerator<StreamEvent> {
    let last = JSON.stringify(first)
    yield { event: 'explanation', data: last }
    let milliseconds = firstPauseMilliseconds
    for (let seen = first; !seen.ended; ) {
      await pause(milliseconds, undefined, { signal, ref: false }).catch(() => {})
      if (signal.aborted) return
      seen = await explainOrder(caller, first.order_id, token)
      const data = JSON.stringify(seen)
      milliseconds = data === last ? Math.min(milliseconds * 1.5, longestPauseMilliseconds) : firstPauseMilliseconds
      if (data === last) continue
      last = data
      yield { event: 'explanation', data }
    }
  }
}

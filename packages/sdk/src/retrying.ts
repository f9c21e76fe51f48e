// Tries again what may be tried again: after the pause that the server asked for, else after growing ones, and not for ever.
import { isWaybillError, type WaybillError } from './waybill-error.ts'

export interface RetryPolicy {
  /** How often after the first time. */
  retries: number
  /** Milliseconds; a server that asks for a longer pause is not waited for. */
  longestPause: number
}

const firstPause = 250

/** Runs `attempt` until it succeeds; throws its last error. */
export async function retrying<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await attempt()
    } catch (error) {
      if (failures >= policy.retries || !isWaybillError(error) || !mayPass(error)) throw error
      const milliseconds = pauseAfter(error, failures)
      if (milliseconds > policy.longestPause) throw error
      await pause(milliseconds, signal)
    }
  }
}

/** Trouble, not a state of things: a process that still runs is asked again by whoever waits for it, not here. */
function mayPass(error: WaybillError): boolean {
  return error.retryable && (error.status !== 409 || error.code === 'IDEMPOTENCY_IN_PROGRESS')
}

function pauseAfter({ retryAfterSeconds }: WaybillError, failures: number): number {
  return retryAfterSeconds === undefined ? growingPause(failures) : retryAfterSeconds * 1_000
}

/** Milliseconds after the nth failure in a row: doubling from 250 ms to `longest`, with jitter. */
export function growingPause(failures: number, longest = 10_000): number {
  return Math.min(firstPause * 2 ** failures, longest) * (0.5 + Math.random() / 2)
}

/** Rejects with the signal's reason when it is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

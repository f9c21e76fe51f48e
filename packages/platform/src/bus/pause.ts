// How long we wait before something that failed is tried again.
import { setTimeout } from 'node:timers/promises'

const firstMilliseconds = 200
const longestMilliseconds = 5_000

/** Waits before the try after try number `attempt` (from 1): 200 ms, doubled each time, up to 5 s. Ends at once when `signal` is aborted. */
export async function pause(attempt: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(firstMilliseconds * 2 ** (attempt - 1), longestMilliseconds)
  // With jitter: those that failed together shall not all come back together.
  await setTimeout(longest * (0.75 + Math.random() / 4), undefined, { signal }).catch(() => {})
}

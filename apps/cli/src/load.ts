// Puts load on a server: so many calls, so many at once, and what became of each.
import { isWaybillError } from '@waybill/sdk'

export interface LoadResult {
  /** Of the calls that succeeded, in milliseconds. */
  latencies: number[]
  /** Of those that did not: how many, by code. */
  failures: Record<string, number>
  seconds: number
}

export interface LoadOptions {
  count: number
  concurrency: number
  /** Called after every call with how many are through. */
  onProgress(done: number): void
}

/** Calls `call` `count` times; a refusal or an outage is counted, any other error is thrown. */
export async function putLoad(
  call: () => Promise<void>,
  { count, concurrency, onProgress }: LoadOptions,
): Promise<LoadResult> {
  const result: LoadResult = { latencies: [], failures: {}, seconds: 0 }
  let begun = 0
  let done = 0

  async function caller(): Promise<void> {
    while (begun < count) {
      begun++
      const from = performance.now()
      try {
        await call()
        result.latencies.push(performance.now() - from)
      } catch (error) {
        if (!isWaybillError(error)) throw error
        result.failures[error.code] = (result.failures[error.code] ?? 0) + 1
      }
      onProgress(++done)
    }
  }

  const from = performance.now()
  await Promise.all(Array.from({ length: concurrency }, caller))
  result.seconds = (performance.now() - from) / 1_000
  return result
}

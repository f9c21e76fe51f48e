// Follows something to its end: by its event stream, and where that does not get through by asking again and again.
import { growingPause, pause } from './retrying.ts'
import { isWaybillError } from './waybill-error.ts'

/** The server says that it is still there every 15 s; three times silence is once too many. */
export const silenceMilliseconds = 45_000
/** A server that answers at once although it was asked to wait is not asked more often than this. */
const betweenPolls = 1_000
/** A stream that lasted so long got through: it was cut when its token was over, or by a server that stops. */
const lastingMilliseconds = 10_000
/** In a row; with their pauses they outlast a server that is started anew. */
const mostFailures = 12

export interface Followed<T> {
  streamed(): AsyncIterable<T>
  /** One answer; where it can, the server holds it until it is no longer `last`. */
  polled(last: T | undefined): Promise<T>
  isSame(a: T, b: T): boolean
  isFinal(value: T): boolean
  signal?: AbortSignal
  /** Told false when the server is not reached any more, and true once it answers again. */
  onConnection?: (isConnected: boolean) => void
}

/** Yields it as it is, then at every change; ends when it is final. Throws where it cannot be read, or the server stays away for a minute or two. */
export async function* follow<T>(followed: Followed<T>): AsyncGenerator<T, void, undefined> {
  const { signal, isSame, isFinal } = followed
  let last: T | undefined
  let streams = true
  let isConnected = true
  const tell = (now: boolean) => {
    if (now !== isConnected) followed.onConnection?.(now)
    isConnected = now
  }
  for (let failures = 0; ; ) {
    let milliseconds = betweenPolls
    const begun = performance.now()
    try {
      for await (const value of streams ? followed.streamed() : [await followed.polled(last)]) {
        tell(true)
        if (last !== undefined && isSame(value, last)) continue
        failures = 0
        last = value
        yield value
        if (isFinal(value)) return
      }
      // One that ends sooner was perhaps cut by something in between, which will do so again.
      if (performance.now() - begun >= lastingMilliseconds) failures = 0
      if (streams) milliseconds = growingPause(failures++)
      else failures = 0
    } catch (error) {
      signal?.throwIfAborted()
      if (!isWaybillError(error) || !error.retryable || ++failures > mostFailures) throw error
      tell(false)
      milliseconds = Math.max(growingPause(failures - 1), (error.retryAfterSeconds ?? 0) * 1_000)
    }
    // What lets no stream through may let single answers through.
    if (failures > 1) streams = false
    await pause(milliseconds, signal)
  }
}

// Reads bytes of an object over a network as if the network were whole: a stream that breaks or stalls goes on where it ended.
import { addAbortSignal, type Readable } from 'node:stream'
import { giveBack } from '../given-back.ts'
import type { GuardedCalls } from './guarded-calls.ts'

export interface ByteRange {
  /** Both inclusive. */
  start: number
  end: number
  signal?: AbortSignal
  /** Each chunk is good only until the next one is asked for. */
  lent?: boolean
}

/** What a body was ended with because nothing more came. */
class Stalled extends Error {
  readonly code = 'ECONNABORTED'
}

/**
 * `open` asks for the bytes from `from` to the end of the range, of the same version each time. It is called again wherever
 * the body ends too early; each call must bring at least a byte, so this comes to an end.
 */
export async function* readOn(
  calls: GuardedCalls,
  { start, end, signal, lent = false }: ByteRange,
  open: (from: number, signal: AbortSignal) => Promise<Readable>,
): AsyncIterable<Uint8Array> {
  for (let at = start; at <= end; ) {
    const begun = await calls.call(aborted => begin(open(at, aborted), aborted), { signal })
    try {
      for await (const chunk of chunksOf(begun, calls.patience.stallMilliseconds, signal)) {
        at += chunk.length
        yield chunk
        // Left to the collector it fills the limit that V8 sets for memory outside of its heap (decision 13).
        if (lent) giveBack(chunk)
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!calls.mayPass(error)) throw error
    }
  }
}

interface Begun {
  body: Readable
  first: Uint8Array
  rest: AsyncIterator<Uint8Array>
}

/** With its first chunk: an answer whose body never comes is none. */
async function begin(opening: Promise<Readable>, signal: AbortSignal): Promise<Begun> {
  const body = await opening
  const giveUp = () => body.destroy(new Stalled('nothing came'))
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    const rest = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    const { value, done } = await rest.next()
    if (done) throw new Stalled('the body ended before it began')
    return { body, first: value, rest }
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

async function* chunksOf(
  { body, first, rest }: Begun,
  stallMilliseconds: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  if (signal) addAbortSignal(signal, body)
  try {
    yield first
    for (;;) {
      // Only while we wait for the cloud: whoever reads us may take their time.
      const timer = setTimeout(() => body.destroy(new Stalled('nothing more came')), stallMilliseconds)
      const { value, done } = await rest.next().finally(() => clearTimeout(timer))
      if (done) return
      yield value
    }
  } finally {
    body.destroy()
  }
}

// Reads a body piece by piece, and gives up on one that has gone silent.
import { WaybillError } from './waybill-error.ts'

/** Yields the pieces of a stream until it ends. Throws TIMED_OUT after `silence` milliseconds without one, and SERVER_UNREACHABLE where it breaks. */
export async function* readChunks(
  stream: ReadableStream<Uint8Array>,
  silence: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await within(silence, reader.read())
      if (done) return
      yield value
    }
  } finally {
    // Nobody waits for what is broken, or wanted no longer.
    reader.cancel().catch(() => {})
  }
}

async function within<T>(milliseconds: number, reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `nothing came for ${milliseconds} ms`
      reject(new WaybillError({ code: 'TIMED_OUT', message, retryable: true }))
    }, milliseconds)
  })
  const broken = (cause: unknown): never => {
    const message = 'the connection broke while the answer came'
    throw new WaybillError({ code: 'SERVER_UNREACHABLE', message, retryable: true, cause })
  }
  try {
    return await Promise.race([reading.catch(broken), silent])
  } finally {
    clearTimeout(timer)
  }
}

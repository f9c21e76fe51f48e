// Reads server-sent events from a body (WHATWG HTML 9.2.6).
import { WaybillError } from './waybill-error.ts'

export interface ServerEvent {
  event: string
  data: string
}

/** Yields the events of a stream until it ends. Throws TIMED_OUT after `silence` milliseconds without a byte, and SERVER_UNREACHABLE where it breaks. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
  silence: number,
): AsyncGenerator<ServerEvent, void, undefined> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  try {
    let rest = ''
    let wasReturn = false
    let event = ''
    let data: string[] = []
    for (;;) {
      const { done, value } = await within(silence, () => reader.read())
      if (done) return
      // A line break of two characters may be cut in two.
      const text = wasReturn && value.startsWith('\n') ? value.slice(1) : value
      wasReturn = value.endsWith('\r')
      const lines = (rest + text).split(/\r\n|\n|\r/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event: event || 'message', data: data.join('\n') }
          event = ''
          data = []
        } else if (line.startsWith('event:')) event = valueAfter(line, 'event:')
        else if (line.startsWith('data:')) data.push(valueAfter(line, 'data:'))
      }
    }
  } finally {
    // Nobody waits for a stream that is broken, or that the reader has had enough of.
    reader.cancel().catch(() => {})
  }
}

/** One blank after the colon belongs to the format. */
const valueAfter = (line: string, field: string) => line.slice(field.length).replace(/^ /, '')

async function within<T>(milliseconds: number, read: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new WaybillError({ code: 'TIMED_OUT', message: `nothing came for ${milliseconds} ms`, retryable: true }))
    }, milliseconds)
  })
  try {
    return await Promise.race([read(), silent])
  } finally {
    clearTimeout(timer)
  }
}

// Reads server-sent events from a body (WHATWG HTML 9.2.6).
import { readChunks } from './read-chunks.ts'

export interface ServerEvent {
  event: string
  data: string
}

/** Yields the events of a stream until it ends; throws what `readChunks` throws. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
  silence: number,
): AsyncGenerator<ServerEvent, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  let wasReturn = false
  let event = ''
  let data: string[] = []
  for await (const chunk of readChunks(stream, silence)) {
    const decoded = decoder.decode(chunk, { stream: true })
    // A line break of two characters may be cut in two.
    const text = wasReturn && decoded.startsWith('\n') ? decoded.slice(1) : decoded
    wasReturn = decoded.endsWith('\r')
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
}

/** One blank after the colon belongs to the format. */
const valueAfter = (line: string, field: string) => line.slice(field.length).replace(/^ /, '')

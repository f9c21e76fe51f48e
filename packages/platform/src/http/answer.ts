// What a controller answers with; the kit turns it into bytes.
import type { Readable } from 'node:stream'

/** JSON text that is written as it is: record values must arrive unchanged, so they are never parsed and written again. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

interface Headers {
  headers?: Record<string, string>
}

export interface StreamEvent {
  event: string
  /** JSON text. */
  data: string
}

export type Answer = Headers &
  (
    | { kind: 'data'; status: number; data: unknown; nextCursor?: string | null }
    | { kind: 'empty'; status: number }
    | { kind: 'text'; status: number; type: string; text: string | Buffer }
    | { kind: 'file'; status: number; type: string; length: number | undefined; open: () => Promise<Readable> }
    | { kind: 'events'; events: AsyncIterable<StreamEvent> }
  )

export const ok = (data: unknown, headers?: Record<string, string>): Answer => ({
  kind: 'data',
  status: 200,
  data,
  headers,
})
export const created = (data: unknown, headers?: Record<string, string>): Answer => ({
  kind: 'data',
  status: 201,
  data,
  headers,
})
export const accepted = (data: unknown, headers?: Record<string, string>): Answer => ({
  kind: 'data',
  status: 202,
  data,
  headers,
})
export const noContent = (): Answer => ({ kind: 'empty', status: 204 })
/** A page of a list that grows; `nextCursor` null on the last. */
export const page = (data: unknown, nextCursor: string | null): Answer => ({
  kind: 'data',
  status: 200,
  data,
  nextCursor,
})
/** A document outside of the envelope. */
export const document = (type: string, text: string | Buffer, status = 200): Answer => ({
  kind: 'text',
  status,
  type,
  text,
})
/** A stream of server-sent events (WHATWG HTML 9.2); it ends when `events` does. */
export const eventStream = (events: AsyncIterable<StreamEvent>): Answer => ({ kind: 'events', events })

/** The success envelope, as text: `{"request_id":…,"data":…,"page":…}`. */
export function envelope(requestId: string, data: unknown, nextCursor?: string | null): string {
  const body = data instanceof RawJson ? data.text : JSON.stringify(data)
  const head = `{"request_id":"${requestId}","data":${body}`
  return nextCursor === undefined ? `${head}}` : `${head},"page":{"next_cursor":${JSON.stringify(nextCursor)}}}`
}

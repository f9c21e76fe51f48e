// One request and its response: who asks, what is answered, and the log line when it is over.
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { uuidv7 } from 'uuidv7'
import {
  acceptTraceparent,
  installedTracing,
  type RequestSpan,
  readTraceparent,
  type WorkContext,
} from '../log/index.ts'
import { type Answer, envelope, type StreamEvent } from './answer.ts'
import { type ApiError, problemDocument } from './api-error.ts'
import { securityHeaders } from './headers.ts'
import type { KeptAnswer } from './idempotency.ts'

const requestIdPattern = /^[A-Za-z0-9._-]{1,128}$/
const heartbeatMilliseconds = 15_000

/** The caller's id for a request where it sent a well-formed one, else a new one. */
export function requestIdOf(given: unknown): string {
  return typeof given === 'string' && requestIdPattern.test(given) ? given : uuidv7()
}

export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  /** What all work for this request sees. */
  readonly context: WorkContext
  readonly startedAt = performance.now()
  /** Headers that this answer gets besides those of the controller: limits, CORS. */
  readonly extraHeaders: Record<string, string> = {}
  /** The route's path, once known: what is counted and logged, never the raw path with its ids. */
  route = 'none'
  service = 'none'
  userId: string | undefined
  /** The caller's, where they sent one. */
  readonly #parent: string | undefined
  #span: RequestSpan | undefined

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request
    this.response = response
    this.requestId = requestIdOf(request.headers['x-request-id'])
    this.#parent = readTraceparent(request.headers.traceparent as string | undefined)
    // While tracing is on, the span names itself as soon as it is known whose it is.
    const traceparent = installedTracing() ? '' : acceptTraceparent(this.#parent)
    this.context = { requestId: this.requestId, traceparent }
  }

  /** The hex trace id, as log lines have it. */
  get traceId(): string {
    return this.context.traceparent.slice(3, 35)
  }

  /** Begins the span of this request, once: as that of its service where a route was found. Does nothing while tracing is off. */
  beginSpan(service: string | undefined): void {
    const tracing = installedTracing()
    if (!tracing || this.#span) return
    this.#span = tracing.beginRequest(service, { method: this.method, path: this.path }, this.#parent)
    Object.assign(this.context, { service, traceparent: this.#span.traceparent })
  }

  /** Ends it with what was answered, if anything was. */
  endSpan(): void {
    this.beginSpan(undefined)
    this.#span?.end({
      route: this.route === 'none' ? undefined : this.route,
      status: this.response.headersSent ? this.response.statusCode : undefined,
    })
  }

  get method(): string {
    return this.request.method ?? 'GET'
  }

  /** The path without its query, as problem documents name it. */
  get path(): string {
    const url = (this.request as IncomingMessage & { originalUrl?: string }).originalUrl ?? this.request.url ?? '/'
    const end = url.indexOf('?')
    return end === -1 ? url : url.slice(0, end)
  }

  /** An answer as it leaves, for those that are kept and replayed. */
  render(answer: Extract<Answer, { kind: 'data' }>): KeptAnswer {
    return {
      status: answer.status,
      headers: answer.headers ?? {},
      body: envelope(this.requestId, answer.data, answer.nextCursor),
    }
  }

  async send(answer: Answer, stillAllowed: () => Promise<boolean>, request: { signal: AbortSignal }): Promise<void> {
    switch (answer.kind) {
      case 'data':
        return this.sendText(answer.status, 'application/json; charset=utf-8', this.render(answer).body, answer.headers)
      case 'text':
        return this.sendText(answer.status, answer.type, answer.text, answer.headers)
      case 'empty':
        this.#head(answer.status, answer.headers)
        this.response.end()
        return
      case 'file':
        return this.#sendFile(answer)
      case 'events':
        return this.#sendEvents(answer.events, answer.headers, stillAllowed, request.signal)
    }
  }

  sendText(status: number, type: string, text: string | Buffer, headers?: Record<string, string>): void {
    this.#head(status, headers, type, Buffer.byteLength(text))
    this.response.end(text)
  }

  sendProblem(error: ApiError, status: number): void {
    if (this.response.headersSent) {
      // Half an answer must not look like a whole one.
      this.response.destroy()
      return
    }
    const body = problemDocument(error, this.requestId, this.path, status)
    this.sendText(status, 'application/problem+json; charset=utf-8', body, error.headers)
  }

  /** Head and body are written by hand, in one go: what Express adds to them costs more than all the rest. */
  #head(status: number, headers: Record<string, string> | undefined, type?: string, length?: number): void {
    const all: (string | number)[] = ['X-Request-Id', this.requestId]
    for (const [name, value] of securityHeaders) {
      if (headers?.[name] === undefined) all.push(name, value)
    }
    if (type !== undefined) all.push('Content-Type', type)
    if (length !== undefined) all.push('Content-Length', length)
    for (const name in this.extraHeaders) {
      if (headers?.[name] === undefined) all.push(name, this.extraHeaders[name]!)
    }
    for (const name in headers) all.push(name, headers[name]!)
    this.response.writeHead(status, STATUS_CODES[status], all)
  }

  async #sendFile(answer: Extract<Answer, { kind: 'file' }>): Promise<void> {
    // Opened first: a file that is gone is a problem document, not half an answer.
    const content = this.method === 'HEAD' ? undefined : await answer.open()
    this.#head(answer.status, answer.headers, answer.type, answer.length)
    if (content) await pipeline(content, this.response)
    else this.response.end()
  }

  async #sendEvents(
    events: AsyncIterable<StreamEvent>,
    headers: Record<string, string> | undefined,
    stillAllowed: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#head(200, { ...headers, 'X-Accel-Buffering': 'no' }, 'text/event-stream; charset=utf-8')
    this.response.flushHeaders()
    if (this.method === 'HEAD') {
      this.response.end()
      return
    }
    const heartbeat = setInterval(() => this.response.write(': still here\n\n'), heartbeatMilliseconds)
    // A token that is revoked while its stream is open must not go on reading.
    const check = setInterval(() => {
      stillAllowed().then(
        allowed => allowed || this.response.end(),
        () => this.response.end(),
      )
    }, 2_500)
    try {
      for await (const { event, data } of events) {
        if (signal.aborted || this.response.writableEnded) break
        this.response.write(`event: ${event}\ndata: ${data}\n\n`)
      }
    } finally {
      clearInterval(heartbeat)
      clearInterval(check)
      this.response.end()
    }
  }
}

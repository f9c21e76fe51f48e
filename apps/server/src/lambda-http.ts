// Carries an HTTP event to the server of its container and the answer back: to the services it is a request like any other.
import { isUtf8 } from 'node:buffer'
import { type IncomingMessage, request } from 'node:http'
import { DatabaseUnavailable } from '@waybill/platform/db'
import { ApiError, problemDocument, refuse, requestIdOf } from '@waybill/platform/http'
import type { Container } from './lambda-container.ts'
import type { HttpEvent, HttpEventAnswer, LambdaContext } from './lambda-events.ts'

/** Lambda takes 6 MiB of JSON; base64 makes four bytes of three. */
const answerBytesAtMost = 4_500_000
/** JSON may escape a byte with six. */
const textBytesAtMost = 1_000_000

/** Where the services reach each other behind one address: `/services/<name>` and then the path. */
const servicePrefix = /^\/services\/[a-z]+(?=\/)/

const ofTheConnection = new Set(['connection', 'keep-alive', 'transfer-encoding'])
const waitPreference = /\bwait\s*=\s*"?(\d+)"?/i

interface Received {
  response: IncomingMessage
  body: Buffer
}

interface Carried {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer
}

export type HttpHandler = (event: HttpEvent, context: LambdaContext) => Promise<HttpEventAnswer>

export function createHttpHandler({ host, log, during }: Container): HttpHandler {
  const { port } = new URL(host.url)
  return async (event, context) => {
    const requestId = requestIdOf(event.headers['x-request-id'])
    try {
      return await during(context, { seeking: false }, async endsIn =>
        answerOf(await carry(port, requestOf(event, requestId, endsIn()), endsIn())),
      )
    } catch (thrown) {
      const error = thrown instanceof DatabaseUnavailable ? noDatabase(thrown) : thrown
      if (!(error instanceof ApiError)) throw error
      log.warn({ err: error, request_id: requestId, path: event.rawPath }, 'refused on behalf of the services')
      return problem(error, requestId, pathOf(event))
    }
  }
}

/** Answers what came within `milliseconds`: of an event stream what there is by then, of all else the whole. Throws an ApiError. */
async function carry(port: string, carried: Carried, milliseconds: number): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>()
  const { method, path, headers, body } = carried
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false })
  const chunks: Buffer[] = []
  let response: IncomingMessage | undefined
  const end = () => resolve({ response: response!, body: Buffer.concat(chunks) })
  const late = setTimeout(() => {
    // Whoever reads it connects again where a stream ends early (WHATWG HTML 9.2.3).
    if (response?.headers['content-type']?.startsWith('text/event-stream')) end()
    else reject(tooSlow())
  }, milliseconds)
  sent.on('error', reject)
  sent.on('response', incoming => {
    response = incoming
    let bytes = 0
    if (method !== 'HEAD' && Number(incoming.headers['content-length'] ?? 0) > answerBytesAtMost) reject(tooLarge())
    incoming.on('error', reject)
    incoming.on('end', end)
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > answerBytesAtMost) reject(tooLarge())
      else chunks.push(chunk)
    })
  })
  sent.end(body)
  try {
    return await promise
  } finally {
    clearTimeout(late)
    sent.destroy()
  }
}

function requestOf(event: HttpEvent, requestId: string, milliseconds: number): Carried {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(event.headers)) {
    if (value !== undefined && !ofTheConnection.has(name)) headers[name] = value
  }
  headers['x-request-id'] = requestId
  delete headers['content-length']
  if (event.cookies) headers.cookie = event.cookies.join('; ')
  if (body.length > 0) headers['content-length'] = String(body.length)
  // Nobody is let wait for longer than the invocation lasts.
  const longestWait = Math.floor(milliseconds / 1_000) - 1
  if (headers.prefer) {
    headers.prefer = headers.prefer.replace(waitPreference, (_, wait) => `wait=${Math.min(Number(wait), longestWait)}`)
  }
  const query = event.rawQueryString === '' ? '' : `?${event.rawQueryString}`
  return { method: event.requestContext.http.method, path: pathOf(event) + query, headers, body }
}

/** As it was sent; what a request line cannot hold is escaped. */
function pathOf({ rawPath }: HttpEvent): string {
  return rawPath.replace(servicePrefix, '').replace(/[^\x21-\x7e]+/g, encodeURIComponent)
}

function answerOf({ response, body }: Received): HttpEventAnswer {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (!ofTheConnection.has(name)) headers[name] = String(value)
  }
  const isText = body.length <= textBytesAtMost && isUtf8(body)
  return {
    statusCode: response.statusCode!,
    headers,
    body: body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  }
}

function problem(error: ApiError, requestId: string, path: string): HttpEventAnswer {
  return {
    statusCode: error.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'x-request-id': requestId,
      'cache-control': 'no-store',
      ...error.headers,
    },
    body: problemDocument(error, requestId, path, error.status),
    isBase64Encoded: false,
  }
}

function tooLarge(): ApiError {
  const range = `Range: bytes=0-${answerBytesAtMost - 1}`
  return refuse('NOT_ACCEPTABLE', `an answer has at most ${answerBytesAtMost} bytes here: ask for ranges (${range} …)`)
}

function tooSlow(): ApiError {
  return unavailable('there was no answer in time')
}

function noDatabase(cause: unknown): ApiError {
  return unavailable('the database does not answer', cause)
}

function unavailable(reason: string, cause?: unknown): ApiError {
  return refuse('DEPENDENCY_UNAVAILABLE', `${reason}: try again in a moment`, {
    cause,
    headers: { 'Retry-After': '2' },
  })
}

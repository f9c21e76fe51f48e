// The HTTP kit: one Express application for the route tables of all hosted services, with all that they have in common.

import { isUtf8 } from 'node:buffer'
import cluster from 'node:cluster'
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import { Server as SocketServer } from 'node:net'
import express, { type NextFunction, type Request, type Response } from 'express'
import { uuidv7 } from 'uuidv7'
import type { Authenticator, Principal } from '../auth/index.ts'
import { DatabaseUnavailable, isUniqueViolation } from '../db/index.ts'
import { type Logger, traced, withContext } from '../log/index.ts'
import type { HttpMetrics } from '../metrics/index.ts'
import type { Answer } from './answer.ts'
import { ApiError, problemDocument, refuse } from './api-error.ts'
import { Exchange } from './exchange.ts'
import { createFrontDoor, type FrontDoor } from './front-door.ts'
import { clientAddress, createCors } from './headers.ts'
import type { KeptAnswer, KeyedRequest } from './idempotency.ts'
import { peerHeader } from './peer.ts'
import { createRateLimit } from './rate-limit.ts'
import type { ApiRequest, Controller, Route } from './route.ts'
import { validateRequest } from './validation.ts'

/** Bytes of a body, after unpacking; more is 413. */
export const bodyLimitBytes = 102_400

export interface HttpOptions {
  log: Logger
  /** Where the line of each request goes. */
  accessLog: Logger
  metrics: HttpMetrics
  authenticator: Authenticator
  corsOrigins: string[]
  trustedProxies: number
  notAuthenticatedStatus: number
  requestsPerMinute: number
  signInsPerMinute: number
  /** What services of the same installation send to each other; their calls are not counted against the user's limit. */
  peerKey: string
  /** How long a server that stops still takes requests over the connections that it has. */
  drainMilliseconds: number
  /** Where requests come in; by default a door of its own. */
  door?: FrontDoor
}

export interface HttpServer {
  readonly server: Server
  /** Listens; answers the port, which 0 leaves to the system. Requests wait until `open`. */
  listen(port: number, host: string): Promise<number>
  /** From now on requests are answered here. */
  open(): void
  /** Takes no more connections, lets requests in flight finish, ends streams and long polls. */
  close(): Promise<void>
  /** The same for one whose connections go on to whoever opens the door after it. */
  leave(): Promise<void>
}

/** A request that carries its exchange through Express. */
type Carrying = Request & { exchange?: Exchange }

const parseJson = express.json({
  limit: bodyLimitBytes,
  strict: false,
  type: 'application/json',
  // What decoding would quietly mend, and the one name that validation never sees, for copies of an object lose it.
  verify: (_request, _response, body) => {
    if (!isUtf8(body)) throw new Error('not UTF-8')
    if (/"__proto__"\s*:/.test(body.toString('latin1'))) throw new Error('__proto__')
  },
})
const parseRaw = express.raw({ limit: bodyLimitBytes, type: () => true })
/** Statuses of refusals that an Idempotency-Key keeps; the others may turn out differently next time. */
const keptRefusals = new Set([404, 409, 422])

const noBytes = Buffer.alloc(0)

/**
 * What a controller is given. A class, for V8 makes new hidden classes for each object literal that has getters; these lie in its
 * old generation and hold all of the request until the next full collection.
 */
class IncomingRequest implements ApiRequest {
  readonly requestId: string
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly rawBody: Buffer
  readonly token: string
  readonly headers: IncomingHttpHeaders
  keepAnswer: ApiRequest['keepAnswer'] = async () => {}
  readonly #caller: Principal | undefined
  readonly #watch: () => AbortSignal
  #signal: AbortSignal | undefined

  /** @param watch begins to look whether the client is gone. */
  constructor(
    given: Omit<ApiRequest, 'caller' | 'signal' | 'keepAnswer'>,
    caller: Principal | undefined,
    watch: () => AbortSignal,
  ) {
    this.requestId = given.requestId
    this.params = given.params
    this.query = given.query
    this.body = given.body
    this.rawBody = given.rawBody
    this.token = given.token
    this.headers = given.headers
    this.#caller = caller
    this.#watch = watch
  }

  get caller(): Principal {
    if (!this.#caller) throw new Error('the route is public: there is no caller')
    return this.#caller
  }

  /** Made when it is asked for: most answers are there before anybody could leave. */
  get signal(): AbortSignal {
    this.#signal ??= this.#watch()
    return this.#signal
  }
}

export function createHttpServer(routes: Route[], options: HttpOptions): HttpServer {
  const stopping = new AbortController()
  let inFlight = 0
  let closing = false
  let tellWhenIdle = () => {}
  const cors = createCors(options.corsOrigins)
  const limit = createRateLimit(options.requestsPerMinute)
  const signInLimit = createRateLimit(options.signInsPerMinute)
  const peerKey = Buffer.from(options.peerKey)

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  app.set('query parser', 'simple')

  app.use((request: Carrying, response: Response, next: NextFunction) => {
    const exchange = new Exchange(request, response)
    request.exchange = exchange
    Object.assign(exchange.extraHeaders, cors.headersFor(request))
    options.metrics.begin()
    inFlight++
    response.once('close', () => {
      finish(exchange)
      if (--inFlight === 0) tellWhenIdle()
    })
    if (closing) response.shouldKeepAlive = false
    withContext(exchange.context, () => {
      if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
        exchange.sendText(204, 'text/plain', '', cors.preflightHeaders(request))
        return
      }
      next()
    })
  })
  for (const [segment, paths] of bySegment(routes)) {
    // A router for each first segment: a request passes a few of them instead of every path that there is.
    const router = express.Router({ caseSensitive: true })
    for (const [path, rows] of paths) {
      const rest = path.slice(segment.length + 1) || '/'
      for (const row of rows) router[row.verb](rest, handlerOf(row))
      router.all(rest, refuseMethod(allowedVerbs(rows)))
    }
    app.use(`/${segment}`, router)
  }
  app.use((request: Request) => {
    throw refuse('ROUTE_NOT_FOUND', `there is nothing at ${request.path}: /docs shows every path`)
  })
  app.use((error: unknown, request: Carrying, _response: Response, _next: NextFunction) => {
    answerError(request.exchange!, error)
  })

  function finish(exchange: Exchange): void {
    const milliseconds = performance.now() - exchange.startedAt
    const { method, route, service, response, userId } = exchange
    options.metrics.observe({ method, route, service, status: response.statusCode }, milliseconds / 1_000)
    exchange.endSpan()
    // Asked every second or two by whoever balances or watches.
    options.accessLog[route === '/healthz' ? 'debug' : 'info'](
      {
        method,
        route,
        path: exchange.path,
        status: response.statusCode,
        ms: Math.round(milliseconds * 10) / 10,
        user_id: userId,
        request_id: exchange.requestId,
        trace_id: exchange.traceId,
      },
      'request',
    )
  }

  function answerError(exchange: Exchange, thrown: unknown): void {
    const error = asApiError(thrown)
    exchange.beginSpan(undefined)
    const level = error.status >= 500 ? 'error' : 'debug'
    options.log[level]({ err: thrown, code: error.code }, 'refused')
    if (error.code === 'NOT_AUTHENTICATED') error.headers['WWW-Authenticate'] = 'Bearer'
    exchange.sendProblem(error, error.code === 'NOT_AUTHENTICATED' ? options.notAuthenticatedStatus : error.status)
  }

  function handlerOf(row: Route) {
    const log = options.log.child({ service: row.service })
    const controller = traced(log, 'controller', row.contract.name, row.controller as Controller)
    return async (request: Carrying, response: Response) => {
      const exchange = request.exchange!
      exchange.route = row.path
      exchange.service = row.service
      exchange.beginSpan(row.service)
      const token = bearerToken(request)
      const caller = row.access === 'public' ? undefined : await authenticate(exchange, token)
      exchange.userId = caller?.user_id
      if (row.limit !== 'none') await countRequest(exchange, caller)
      if (row.access === 'operator') requireOperator(caller!)
      if (row.access === 'peer') requirePeer(exchange.request)
      const given = row.rawBody ? await readBody(parseRaw, request, response) : await readJson(request, response)
      const contract = row.contract
      const checked = validateRequest(contract, {
        params: request.params,
        query: request.query,
        body: contract.body ? (given === undefined ? {} : given) : {},
      })
      if (!contract.body && !row.rawBody) refuseUnexpectedBody(given)
      if (row.limit === 'sign-in') await countSignIn(exchange, checked.body as { email: string })
      const apiRequest = new IncomingRequest(
        {
          ...{ requestId: exchange.requestId, ...checked, headers: request.headers, token: token ?? '' },
          rawBody: row.rawBody ? (given as Buffer) : noBytes,
        },
        caller,
        () => abortWhenGone(response),
      )
      const key = request.headers['idempotency-key']
      if (row.idempotency && typeof key === 'string') {
        const keyed = row.idempotency.begin(caller!.user_id, contract.name, key, given)
        await answerKeyed(row, exchange, keyed, apiRequest, controller)
        return
      }
      const stillAllowed = async () =>
        token === undefined || (await options.authenticator.authenticate(token)) !== undefined
      await exchange.send(await controller(apiRequest), stillAllowed, apiRequest)
    }
  }

  async function answerKeyed(
    row: Route,
    exchange: Exchange,
    keyed: KeyedRequest,
    request: ApiRequest,
    controller: Controller,
  ): Promise<void> {
    let kept: KeptAnswer | undefined
    let replayed = false
    try {
      kept = await keyed.firstAnswer()
      replayed = kept !== undefined
      if (!kept) {
        request.keepAnswer = async (tx, answer: Answer) => {
          if (answer.kind !== 'data') throw new Error('only enveloped answers are kept under an Idempotency-Key')
          kept = exchange.render(answer)
          await keyed.keep(tx, kept)
        }
        await controller(request)
      }
    } catch (thrown) {
      kept = await answerOfQuickerInstance(row, exchange, keyed, thrown)
      if (!kept) throw thrown
      replayed = true
    } finally {
      keyed.end()
    }
    if (!kept) throw new Error(`${row.contract.name} did not keep its answer`)
    const type = kept.status >= 400 ? 'application/problem+json' : 'application/json'
    exchange.sendText(kept.status, `${type}; charset=utf-8`, kept.body, {
      ...kept.headers,
      ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}),
    })
  }

  /** Another instance may have worked on the same key meanwhile and won; where it did not, a refusal that is final is kept. */
  async function answerOfQuickerInstance(
    row: Route,
    exchange: Exchange,
    keyed: KeyedRequest,
    thrown: unknown,
  ): Promise<KeptAnswer | undefined> {
    const error = asApiError(thrown)
    const mayBeKept = keptRefusals.has(error.status)
    if (!mayBeKept && !isUniqueViolation(thrown)) return undefined
    const first = await keyed.firstAnswer()
    if (first || !mayBeKept) return first
    const body = problemDocument(error, exchange.requestId, exchange.path, error.status)
    const isFirst = await row.idempotency!.keepAlone(keyed, { status: error.status, headers: error.headers, body })
    return isFirst ? undefined : keyed.firstAnswer()
  }

  async function authenticate(exchange: Exchange, token: string | undefined): Promise<Principal> {
    const principal = token === undefined ? undefined : await options.authenticator.authenticate(token)
    if (principal) return principal
    // Guessing tokens is counted, by address.
    await countRequest(exchange, undefined)
    throw refuse(
      'NOT_AUTHENTICATED',
      token === undefined
        ? 'send an access token: Authorization: Bearer <token> (POST /authentication gives one)'
        : 'the access token is not valid, has expired or was revoked: sign in again or refresh it',
    )
  }

  async function countRequest(exchange: Exchange, caller: Principal | undefined): Promise<void> {
    if (isPeer(exchange.request)) return
    const key = caller ? caller.user_id : clientAddress(exchange.request, options.trustedProxies)
    Object.assign(exchange.extraHeaders, await limit.count(key))
  }

  async function countSignIn(exchange: Exchange, body: { email: string }): Promise<void> {
    const address = clientAddress(exchange.request, options.trustedProxies)
    Object.assign(exchange.extraHeaders, await signInLimit.count(`${address} ${body.email.toLowerCase()}`))
  }

  function requirePeer(request: IncomingMessage): void {
    if (!isPeer(request)) throw refuse('FORBIDDEN', 'this is for the services of this installation')
  }

  function isPeer(request: IncomingMessage): boolean {
    const sent = Buffer.from(String(request.headers[peerHeader] ?? ''))
    return sent.length === peerKey.length && timingSafeEqual(sent, peerKey)
  }

  function abortWhenGone(response: ServerResponse): AbortSignal {
    const gone = new AbortController()
    // What would be held open is not even begun by a server that stops.
    if (stopping.signal.aborted) gone.abort()
    const abort = () => gone.abort()
    stopping.signal.addEventListener('abort', abort, { once: true })
    response.once('close', () => {
      stopping.signal.removeEventListener('abort', abort)
      // Nobody waits any more once the answer is out; an abort that nobody hears still costs an exception.
      if (!response.writableFinished) gone.abort()
    })
    return gone.signal
  }

  const door = options.door ?? createFrontDoor()
  const { server } = door
  if (server.listenerCount('clientError') === 0) server.on('clientError', refuseMalformedHttp)
  return {
    server,
    listen: door.listen,
    open: () => door.open(app),
    async leave() {
      // What services of this process ask each other on behalf of requests in flight must still be answered.
      door.hold(app, isPeer)
      stopping.abort()
      if (inFlight === 0) return
      await new Promise<void>(resolve => {
        tellWhenIdle = resolve
      })
    },
    async close() {
      closing = true
      stopping.abort()
      // The processes of a cluster share the port: what comes new is for the others, from now on.
      const closed = cluster.isWorker ? stopListening(server) : undefined
      // A request may be on its way over a connection that looks idle: answers now end their connections, and the rest is
      // given a moment. Node's own close would cut them at once.
      await new Promise(resolve => setTimeout(resolve, options.drainMilliseconds))
      const closeIdle = setInterval(() => server.closeIdleConnections(), 50)
      await (closed ??
        new Promise<void>((resolve, reject) => server.close(error => (error ? reject(error) : resolve()))))
      clearInterval(closeIdle)
    },
  }
}

/** Unlike the close of an HTTP server it leaves connections alone that look idle; resolves when the last has ended. */
function stopListening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    SocketServer.prototype.close.call(server, error => (error ? reject(error) : resolve()))
  })
}

function bearerToken(request: IncomingMessage): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(request.headers.authorization ?? '')?.[1]
}

function requireOperator(caller: Principal): void {
  if (caller.role !== 'operator') throw refuse('FORBIDDEN', 'this is for operators')
}

/** The paths under each first segment; static ones first, so that `/order/details` is never taken for an order's id. */
function bySegment(routes: Route[]): Map<string, [string, Route[]][]> {
  const paths = [...Map.groupBy(routes, row => row.path)]
  paths.sort(([a], [b]) => Number(a.includes(':')) - Number(b.includes(':')))
  return Map.groupBy(paths, ([path]) => path.split('/')[1]!)
}

function refuseMethod(allow: string) {
  return (request: Carrying) => {
    if (request.method === 'OPTIONS') return request.exchange!.sendText(204, 'text/plain', '', { Allow: allow })
    throw refuse('METHOD_NOT_ALLOWED', `${request.method} is not for this path: ${allow} are`, {
      headers: { Allow: allow },
    })
  }
}

function allowedVerbs(rows: Route[]): string {
  const verbs = rows.map(row => row.verb.toUpperCase())
  return (verbs.includes('GET') ? [...verbs, 'HEAD'] : verbs).join(', ')
}

async function readJson(request: Request, response: Response): Promise<unknown> {
  const { headers } = request
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  if (!hasBody) return undefined
  // A body over the limit is refused for its size, whatever it is.
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    throw refuse(
      'UNSUPPORTED_MEDIA_TYPE',
      `send Content-Type: application/json instead of ${headers['content-type'] ?? 'none'}`,
    )
  }
  return readBody(parseJson, request, response)
}

function readBody(parse: typeof parseJson, request: Request, response: Response): Promise<unknown> {
  return new Promise((resolve, reject) => {
    parse(request, response, (error?: unknown) => (error ? reject(error) : resolve(request.body)))
  })
}

function refuseUnexpectedBody(body: unknown): void {
  if (body === undefined || body === null) return
  const fields = typeof body === 'object' && !Array.isArray(body) ? Object.keys(body) : ['body']
  if (fields.length === 0) return
  throw refuse('VALIDATION_FAILED', 'this operation takes no body', {
    errors: fields.map(field => ({ field, message: 'is not allowed' })),
  })
}

/** What body-parser and Express throw, in our words (by their documented `type` and `status`). */
function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown
  const { type, status } = (thrown ?? {}) as { type?: string; status?: number }
  if (type === 'entity.too.large') {
    return refuse('PAYLOAD_TOO_LARGE', `a body may have ${bodyLimitBytes} bytes: send less at a time`)
  }
  if (type === 'entity.parse.failed') return refuse('MALFORMED_JSON', (thrown as Error).message)
  if (type === 'charset.unsupported' || type === 'encoding.unsupported') {
    return refuse('UNSUPPORTED_MEDIA_TYPE', 'send JSON in UTF-8, plain or packed with gzip, deflate or br')
  }
  if (type === 'entity.verify.failed' && (thrown as Error).message === 'not UTF-8') {
    return refuse('MALFORMED_JSON', 'the body is not UTF-8')
  }
  if (type === 'entity.verify.failed') {
    return refuse('VALIDATION_FAILED', '__proto__ is not allowed', {
      errors: [{ field: '__proto__', message: 'is not allowed' }],
    })
  }
  if (thrown instanceof URIError) {
    return refuse('VALIDATION_FAILED', 'the path holds a malformed percent-encoding', {
      errors: [{ field: 'path', message: 'holds a malformed percent-encoding' }],
    })
  }
  // The rest of what they blame on the client: broken packing, a length that does not hold, a connection cut short.
  if (status !== undefined && status >= 400 && status < 500)
    return refuse('MALFORMED_REQUEST', (thrown as Error).message)
  if (thrown instanceof DatabaseUnavailable) {
    return refuse('DEPENDENCY_UNAVAILABLE', 'the database does not answer: try again in a moment', {
      cause: thrown,
      headers: { 'Retry-After': '2' },
    })
  }
  return refuse('INTERNAL_ERROR', 'something went wrong on our side; the request id helps us to find it', {
    cause: thrown,
  })
}

function refuseMalformedHttp(error: Error & { code?: string }, socket: import('node:stream').Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW'
  const status = tooLarge ? 431 : 400
  const requestId = uuidv7()
  const detail = tooLarge ? 'the header fields are too large' : 'the bytes that came are no HTTP request'
  const body = problemDocument(new ApiError('MALFORMED_REQUEST', detail), requestId, '/', status)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nX-Request-Id: ${requestId}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

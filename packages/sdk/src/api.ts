// Makes the calls: puts addresses, tokens and keys on them, repeats those that may be repeated, and opens the envelope.
import type { CallOptions, KeyedCallOptions } from './call-options.ts'
import {
  exchangeStream,
  exchangeText,
  type Limits,
  type OutgoingRequest,
  type StreamAnswer,
  type TextAnswer,
} from './exchange.ts'
import { isPublic, isSafeToRepeat, type OperationName, operations, takesIdempotencyKey } from './operations.ts'
import { type Page, Pages } from './pages.ts'
import { errorOf } from './problem.ts'
import { type RetryPolicy, retrying } from './retrying.ts'
import type { Session } from './session.ts'
import { isWaybillError, WaybillError } from './waybill-error.ts'

export type Query = Record<string, string | number | boolean | undefined>

export interface Call {
  /** What is filled into the path. */
  params?: Record<string, string>
  query?: Query
  body?: unknown
  headers?: Record<string, string | undefined>
  options?: KeyedCallOptions
  /** Milliseconds that the server was asked to hold its answer, on top of the timeout. */
  heldFor?: number
  /** A status that is an answer, not an error, besides those of success. */
  alsoGood?: number
}

export interface ApiSettings {
  server: string
  fetch: typeof fetch
  timeout: number
  retry: RetryPolicy
}

interface Envelope<T> {
  data: T
  page?: { next_cursor: string | null }
}

const json = 'application/json'

export class Api {
  readonly #settings: ApiSettings
  readonly #session: () => Session

  /** `session` is asked for at each call: it makes calls of its own. */
  constructor(settings: ApiSettings, session: () => Session) {
    this.#settings = settings
    this.#session = session
  }

  /** `data` of the answer. */
  async ask<T>(name: OperationName, call: Call = {}): Promise<T> {
    return (await this.whole<Envelope<T>>(name, 'data', call)).data
  }

  /** A growing list; `itemsOf` finds its items in `data`, where that is more than they. */
  list<T, D = T[]>(
    name: OperationName,
    call: Call,
    itemsOf: (data: D) => T[] = data => data as unknown as T[],
  ): Pages<T, D> {
    const read = async (cursor: string | undefined): Promise<Page<T, D>> => {
      const query = cursor === undefined ? call.query : { ...call.query, cursor }
      const { data, page } = await this.whole<Envelope<D>>(name, 'data', { ...call, query })
      return { items: itemsOf(data), data, next_cursor: page?.next_cursor ?? null }
    }
    return new Pages(read, call.query?.cursor as string | undefined)
  }

  /** The answer's text; empty where it has none. */
  async text(name: OperationName, call: Call = {}): Promise<string> {
    return (await this.#send(name, call, exchangeText)).text
  }

  /** The body as it comes. Only its beginning is tried again; whoever reads it goes on after a break. */
  async stream(name: OperationName, call: Call): Promise<StreamAnswer> {
    const answer = await this.#send(name, call, exchangeStream)
    if ('stream' in answer) return answer
    // A fetch that gives no body for an answer without content.
    return { ...answer, stream: new Blob([]).stream() }
  }

  /** The whole answer, an object with `member` in it: what stands outside of the envelope, or the envelope itself. */
  async whole<T>(name: OperationName, member: string, call: Call = {}): Promise<T> {
    const text = await this.text(name, call)
    try {
      const parsed = JSON.parse(text)
      if (member in parsed) return parsed
    } catch {
      // Told below.
    }
    const message = `the answer to ${operations[name]} is not Waybill's: is there a Waybill server at ${this.#settings.server}?`
    throw new WaybillError({ code: 'UNEXPECTED_ANSWER', message })
  }

  /** Milliseconds. */
  timeoutOf(options: CallOptions): number {
    return options.timeout ?? this.#settings.timeout
  }

  async #send<A extends StreamAnswer | TextAnswer>(
    name: OperationName,
    call: Call,
    exchange: (fetcher: typeof fetch, request: OutgoingRequest, limits: Limits) => Promise<A>,
  ): Promise<A> {
    const { fetch, retry } = this.#settings
    const { options = {}, heldFor = 0 } = call
    const request = this.#requestOf(name, call)
    const limits = { timeout: this.timeoutOf(options) + heldFor, signal: options.signal }
    const attempt = async (token: string | undefined): Promise<A> => {
      const headers = token === undefined ? request.headers : { ...request.headers, Authorization: `Bearer ${token}` }
      const answer = await exchange(fetch, { ...request, headers }, limits)
      const isGood = (answer.status >= 200 && answer.status <= 299) || answer.status === call.alsoGood
      if (!isGood) throw errorOf(answer as TextAnswer)
      return answer
    }
    const policy = isSafeToRepeat(name) ? retry : { ...retry, retries: 0 }
    return this.#withToken(name, token => retrying(policy, options.signal, () => attempt(token)))
  }

  /** A token that was refused changes nothing, so any call may be repeated with a new one. */
  async #withToken<A>(name: OperationName, attempt: (token: string | undefined) => Promise<A>): Promise<A> {
    if (isPublic(name)) return attempt(undefined)
    const session = this.#session()
    const token = await session.accessToken()
    try {
      return await attempt(token)
    } catch (error) {
      if (!isWaybillError(error, 'NOT_AUTHENTICATED')) throw error
      return attempt(await session.renew(token))
    }
  }

  #requestOf(name: OperationName, { params, query, body, headers, options }: Call): OutgoingRequest {
    const [method, path] = operations[name].split(' ') as [string, string]
    const all: Record<string, string | undefined> = {
      Accept: json,
      'Content-Type': body === undefined ? undefined : json,
      'Idempotency-Key': takesIdempotencyKey(name) ? (options?.idempotencyKey ?? newKey()) : undefined,
      'X-Request-Id': options?.requestId,
      ...headers,
    }
    return {
      method,
      url: this.#settings.server + fill(path, params ?? {}) + queryOf(query ?? {}),
      headers: Object.fromEntries(
        Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined),
      ),
      body: body === undefined ? undefined : JSON.stringify(body),
    }
  }
}

/** What a method's options are made of, apart from what goes into the query. */
export function splitOptions<Q extends CallOptions>(
  given: Q,
): { options: CallOptions; query: Omit<Q, keyof CallOptions> } {
  const { signal, timeout, requestId, ...query } = given
  return { options: { signal, timeout, requestId }, query }
}

function fill(path: string, params: Record<string, string>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
}

function queryOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))}`
}

/** 128 random bits; `crypto.randomUUID` is missing on pages that came over plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}

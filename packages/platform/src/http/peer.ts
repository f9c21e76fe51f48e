// Calls another service's HTTP API, in the caller's name, with a timeout: what is down is said to be down.
import type { ServiceName } from '@waybill/contracts'
import { currentContext, tracedCall } from '../log/index.ts'
import { type ApiError, refuse } from './api-error.ts'

export interface PeerAnswer<T> {
  status: number
  /** The envelope's data; on an error status the problem document. */
  data: T
  code: string | undefined
  /** Of a page; null on the last, undefined where the answer is none. */
  nextCursor: string | null | undefined
}

export interface PeerCall {
  /** The caller's own access token, where the call is made in their name. */
  token?: string
  body?: unknown
  timeoutMilliseconds?: number
}

export interface Peer {
  readonly service: ServiceName
  url(): string
  /** Resolves with any answer below 500; throws DEPENDENCY_UNAVAILABLE where there is none in time. */
  call<T>(verb: string, path: string, options?: PeerCall): Promise<PeerAnswer<T>>
  unavailable(cause: unknown): ApiError
  /** What every call to it carries: who we are, and which request and trace the call belongs to. */
  headers(): Record<string, string>
}

/** The header by which services know each other; its value is derived from WAYBILL_SECRET_KEY. */
export const peerHeader = 'x-waybill-peer'

/** `url` is asked at each call: a process that hosts the service itself knows its own port only once it listens. */
export function createPeer(service: ServiceName, url: () => string, peerKey: string): Peer {
  const unavailable = (cause: unknown) =>
    refuse('DEPENDENCY_UNAVAILABLE', `the ${service} service does not answer: try again in a moment`, {
      cause,
      headers: { 'Retry-After': '2' },
    })
  const headers = (): Record<string, string> => {
    const context = currentContext()
    if (!context) return { [peerHeader]: peerKey }
    return { [peerHeader]: peerKey, 'X-Request-Id': context.requestId, traceparent: context.traceparent }
  }
  async function send<T>(
    verb: string,
    path: string,
    { token, body, timeoutMilliseconds = 5_000 }: PeerCall,
  ): Promise<PeerAnswer<T>> {
    const sent = headers()
    if (token) sent.Authorization = `Bearer ${token}`
    if (body !== undefined) sent['Content-Type'] = 'application/json'
    let response: Response
    let parsed: { data?: T; code?: string; page?: { next_cursor: string | null } }
    try {
      response = await fetch(url() + path, {
        method: verb,
        headers: sent,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMilliseconds),
      })
      const text = await response.text()
      parsed = text === '' ? {} : JSON.parse(text)
    } catch (error) {
      throw unavailable(error)
    }
    const refusedToken = parsed.code === 'NOT_AUTHENTICATED' // 501 where the original specification is followed
    if ((response.status >= 500 && !refusedToken) || response.status === 429)
      throw unavailable(`${response.status} ${parsed.code}`)
    return {
      status: response.status,
      data: (response.ok ? parsed.data : parsed) as T,
      code: parsed.code,
      nextCursor: parsed.page?.next_cursor,
    }
  }

  return {
    service,
    url,
    unavailable,
    headers,
    call: <T>(verb: string, path: string, options: PeerCall = {}) =>
      tracedCall(
        () => ({ method: verb, peer: service, url: url() + path }),
        () => send<T>(verb, path, options),
        ({ status }) => ({ status }),
      ),
  }
}

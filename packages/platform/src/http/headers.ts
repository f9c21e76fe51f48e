// The headers that every answer carries, made once; and those that let web pages of other origins call.
import type { IncomingMessage } from 'node:http'

/** OWASP REST security cheat sheet; `Cache-Control: no-store` unless an answer says otherwise. */
export const securityHeaders: readonly [string, string][] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Strict-Transport-Security', 'max-age=31536000'],
  ['Cache-Control', 'no-store'],
]

const exposed =
  'X-Request-Id, Location, Retry-After, ETag, Content-Range, Idempotency-Replayed, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, WWW-Authenticate, Allow'

export interface Cors {
  /** Headers for an answer to this request; none where the origin is not allowed. */
  headersFor(request: IncomingMessage): Record<string, string>
  /** Headers for the answer to a preflight (WHATWG Fetch 3.2). */
  preflightHeaders(request: IncomingMessage): Record<string, string>
}

const none = {}

/** `origins`: exact origins, or `*` for all. Credentials are never allowed: tokens travel in a header. */
export function createCors(origins: string[]): Cors {
  const headersFor = (request: IncomingMessage): Record<string, string> => {
    const origin = request.headers.origin
    if (origin === undefined || origins.length === 0) return none
    if (origins.includes('*')) return { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': exposed }
    if (!origins.includes(origin)) return { Vary: 'Origin' }
    return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': exposed, Vary: 'Origin' }
  }
  return {
    headersFor,
    preflightHeaders: request => {
      const headers = headersFor(request)
      if (!('Access-Control-Allow-Origin' in headers)) return headers
      return {
        ...headers,
        'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE',
        'Access-Control-Allow-Headers':
          'Authorization, Content-Type, Idempotency-Key, If-None-Match, If-Range, Prefer, Range, X-Request-Id, traceparent',
        'Access-Control-Max-Age': '600',
      }
    },
  }
}

/** The address that a limit counts: the socket's, or the one that the trusted proxies in front report. */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const own = request.socket.remoteAddress ?? 'unknown'
  if (trustedProxies === 0) return own
  const forwarded = String(request.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
  return forwarded.at(-trustedProxies) ?? forwarded[0] ?? own
}

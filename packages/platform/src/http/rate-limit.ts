// How many requests a minute one caller may make; counted in memory, for each process.
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { refuse } from './api-error.ts'

export interface RateLimit {
  /** Counts one request of `key`; answers the RateLimit headers, or throws TOO_MANY_REQUESTS. */
  count(key: string): Promise<Record<string, string>>
}

const noHeaders = {}
export const noLimit: RateLimit = { count: async () => noHeaders }

/** `perMinute` 0 is no limit. */
export function createRateLimit(perMinute: number): RateLimit {
  if (perMinute === 0) return noLimit
  const limiter = new RateLimiterMemory({ points: perMinute, duration: 60 })
  const headersOf = (state: RateLimiterRes) => ({
    'RateLimit-Limit': String(perMinute),
    'RateLimit-Remaining': String(Math.max(state.remainingPoints, 0)),
    'RateLimit-Reset': String(Math.ceil(state.msBeforeNext / 1_000)),
  })
  return {
    async count(key) {
      try {
        return headersOf(await limiter.consume(key))
      } catch (state) {
        if (state instanceof Error) throw state
        const headers = headersOf(state as RateLimiterRes)
        throw refuse('TOO_MANY_REQUESTS', `at most ${perMinute} a minute: wait ${headers['RateLimit-Reset']} s`, {
          headers: { ...headers, 'Retry-After': headers['RateLimit-Reset'] },
        })
      }
    },
  }
}

// The official SDK as we want it: no retries and no telemetry of its own, and every call ends with the signal of its caller.
import { AsyncLocalStorage } from 'node:async_hooks'
import Stripe from 'stripe'

export interface StripeClient {
  sdk: Stripe
  /** Calls the SDK; the request to Stripe is cut off when `signal` is aborted. */
  within<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T>
}

/** `apiBase`: scheme, host and port where Stripe's API answers; Stripe itself where there is none. */
export function createStripeClient(secretKey: string, apiBase: string | undefined): StripeClient {
  // The SDK takes no signal: it finds its way to the request beside the call.
  const signals = new AsyncLocalStorage<AbortSignal>()
  const fetchWithin: typeof fetch = (url, init = {}) => {
    const ends = [init.signal, signals.getStore()].filter(signal => signal instanceof AbortSignal)
    return fetch(url, { ...init, redirect: 'error', signal: AbortSignal.any(ends) })
  }
  const sdk = new Stripe(secretKey, {
    ...addressOf(apiBase),
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(fetchWithin),
  })
  return { sdk, within: (signal, call) => signals.run(signal, call) }
}

function addressOf(apiBase: string | undefined) {
  if (apiBase === undefined) return {}
  const { protocol, hostname, port } = new URL(apiBase)
  const isHttp = protocol === 'http:'
  return { protocol: isHttp ? 'http' : 'https', host: hostname, port: port || (isHttp ? '80' : '443') } as const
}

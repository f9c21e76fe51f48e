// Speaks to MClass: JSON over HTTP, a token that runs out, and patience with 429 and 5xx.
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '@waybill/platform/clock'
import { CloudRefused, CloudUnavailable } from './cloud-error.ts'
import { numberOf, parseKeepingNumbers } from './exact-json.ts'

export interface MClassSettings {
  url: string
  client_id: string
  client_secret: string
}

interface Token {
  text: string
  /** Epoch ms. */
  until: number
}

const timeoutMilliseconds = 10_000
const triesAtMost = 5
const firstWaitMilliseconds = 50
const longestWaitMilliseconds = 3_000
/** A token is given up so long before it runs out: a request is on its way for a while. */
const tokenMarginMilliseconds = 2_000

export class MClassClient {
  readonly #cloud: string
  readonly #settings: MClassSettings
  readonly #clock: Clock
  #token: Token | undefined
  #loggingIn: Promise<Token> | undefined

  constructor(cloud: string, settings: MClassSettings, clock: Clock) {
    this.#cloud = cloud
    this.#settings = settings
    this.#clock = clock
  }

  /** A new login, whatever token is at hand. */
  async login(signal?: AbortSignal): Promise<void> {
    this.#token = undefined
    await this.#findToken(signal)
  }

  /** The parsed answer; undefined for 404. */
  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    let token = await this.#findToken(signal)
    let response = await this.#send('GET', path, { token: token.text, signal })
    if (response.status === 401) {
      if (this.#token === token) this.#token = undefined
      token = await this.#findToken(signal)
      response = await this.#send('GET', path, { token: token.text, signal })
    }
    if (response.status === 404) return undefined
    if (response.status !== 200) throw new CloudRefused(`${this.#cloud} answered ${response.status} to GET ${path}`)
    return this.#parse(response.text)
  }

  async #findToken(signal?: AbortSignal): Promise<Token> {
    if (this.#token && this.#token.until > this.#clock.now()) return this.#token
    // One login for all that wait for it; it is not ended by one of them going away.
    this.#loggingIn ??= this.#newToken().finally(() => {
      this.#loggingIn = undefined
    })
    return signal ? unlessAborted(this.#loggingIn, signal) : this.#loggingIn
  }

  async #newToken(): Promise<Token> {
    const { client_id, client_secret } = this.#settings
    const askedAt = this.#clock.now()
    const response = await this.#send('POST', '/login', { body: { client_id, client_secret } })
    if (response.status !== 200 && response.status !== 201) {
      throw new CloudRefused(
        `${this.#cloud} refused the login with ${response.status}: check client_id and client_secret`,
      )
    }
    const answer = this.#parse(response.text) as { token?: unknown; expires_in?: unknown } | null
    if (typeof answer?.token !== 'string' || answer.token === '') {
      throw new CloudRefused(`${this.#cloud} answered the login without a token`)
    }
    const lifetime = (numberOf(answer.expires_in) || 0) * 1_000
    this.#token = { text: answer.token, until: askedAt + lifetime - tokenMarginMilliseconds }
    return this.#token
  }

  /** Answers any status but 429 and 5xx. */
  async #send(
    verb: string,
    path: string,
    { token, body, signal }: { token?: string; body?: unknown; signal?: AbortSignal },
  ): Promise<{ status: number; text: string }> {
    let pause = firstWaitMilliseconds
    for (let tries = 1; ; tries++) {
      let failure: string
      let asked: number | undefined
      try {
        const timeout = AbortSignal.timeout(timeoutMilliseconds)
        const response = await fetch(this.#settings.url.replace(/\/+$/, '') + path, {
          method: verb,
          redirect: 'manual',
          headers: {
            Accept: 'application/json',
            ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          },
          body: body === undefined ? undefined : JSON.stringify(body),
          signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        })
        const text = await response.text()
        if (response.status !== 429 && response.status < 500) return { status: response.status, text }
        failure = `it answered ${response.status}`
        asked = Number(response.headers.get('retry-after') ?? Number.NaN) * 1_000
      } catch {
        signal?.throwIfAborted()
        failure = 'it could not be reached in time'
      }
      if (tries === triesAtMost)
        throw new CloudUnavailable(`${this.#cloud} is not to be had: ${failure}, ${tries} times`)
      await wait(Math.min(asked || pause * (0.5 + Math.random()), longestWaitMilliseconds), undefined, { signal })
      pause *= 3
    }
  }

  #parse(text: string): unknown {
    try {
      return parseKeepingNumbers(text)
    } catch {
      throw new CloudRefused(`${this.#cloud} answered what is no JSON`)
    }
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
  })
  signal.addEventListener('abort', abort)
  try {
    signal.throwIfAborted()
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

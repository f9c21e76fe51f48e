// Speaks to MClass: JSON over HTTP, a token that runs out, and patience with 429 and 5xx.
import type { Clock } from '@waybill/platform/clock'
import { CloudRefused } from './cloud-error.ts'
import { numberOf, parseKeepingNumbers } from './exact-json.ts'
import { type Failure, failureOfConnection, failureOfStatus, GuardedCalls, type Patience } from './guarded-calls.ts'

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

/** 429 or 5xx. */
class NotNow extends Error {
  readonly failure: Failure

  constructor(response: Response) {
    super('not now')
    this.failure = failureOfStatus(
      response.status,
      `it answered ${response.status}`,
      response.headers.get('retry-after'),
    )
  }
}

/** A token is given up so long before it runs out: a request is on its way for a while. */
const tokenMarginMilliseconds = 2_000

export class MClassClient {
  readonly #cloud: string
  readonly #settings: MClassSettings
  readonly #clock: Clock
  readonly #calls: GuardedCalls
  #token: Token | undefined
  #loggingIn: Promise<Token> | undefined

  constructor(cloud: string, settings: MClassSettings, { clock, patience }: { clock: Clock; patience: Patience }) {
    this.#cloud = cloud
    this.#settings = settings
    this.#clock = clock
    const explain = (error: unknown) => (error instanceof NotNow ? error.failure : failureOfConnection(error))
    this.#calls = new GuardedCalls({ cloud, patience, explain })
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
  #send(
    verb: string,
    path: string,
    { token, body, signal }: { token?: string; body?: unknown; signal?: AbortSignal },
  ): Promise<{ status: number; text: string }> {
    const once = async (aborted: AbortSignal) => {
      const response = await fetch(this.#settings.url.replace(/\/+$/, '') + path, {
        method: verb,
        redirect: 'manual',
        headers: {
          Accept: 'application/json',
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: aborted,
      })
      const text = await response.text()
      if (response.status === 429 || response.status >= 500) throw new NotNow(response)
      return { status: response.status, text }
    }
    return this.#calls.call(once, { signal })
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

// Tokens of IBM Cloud IAM for an API key: asked for once for all that wait, kept, and renewed before they run out.
import type { Clock } from '@waybill/platform/clock'
import { type Failure, failureOfConnection, failureOfStatus } from './guarded-calls.ts'

export interface IamSettings {
  apiKey: string
  /** Where tokens come from: `https://iam.cloud.ibm.com/identity/token`. */
  url: string
  timeoutMilliseconds: number
}

interface Token {
  text: string
  /** Epoch ms. */
  renewAt: number
  until: number
}

/** A token is renewed when so much of its life is over; what goes wrong with that has time to pass. */
const renewedAfter = 0.8

class IamAnswer extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** "Generating an IBM Cloud IAM token by using an API key", IBM Cloud docs. */
export class IamTokens {
  readonly #settings: IamSettings
  readonly #clock: Clock
  #token: Token | undefined
  #asking: Promise<Token> | undefined

  constructor(settings: IamSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** One that is good for a while. Throws what `explainIam` explains. */
  async find(): Promise<string> {
    const now = this.#clock.now()
    const token = this.#token
    if (token && now < token.renewAt) return token.text
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    if (!token || now >= token.until) return (await this.#asking).text
    // The old one still serves; if this fails, the next request asks again.
    this.#asking.catch(() => {})
    return token.text
  }

  /** It was refused: whatever is left of its life, the next request asks for another one. */
  forget(): void {
    this.#token = undefined
  }

  async #ask(): Promise<Token> {
    const { apiKey, url, timeoutMilliseconds } = this.#settings
    const askedAt = this.#clock.now()
    const response = await fetch(url, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: new URLSearchParams({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: apiKey }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMilliseconds),
    })
    const answer = (await response.json().catch(() => null)) as Record<string, unknown> | null
    if (!response.ok) throw new IamAnswer(response.status, String(answer?.errorMessage ?? 'no reason given'))
    const { access_token, expires_in } = answer ?? {}
    if (typeof access_token !== 'string' || !(Number(expires_in) > 0)) {
      throw new IamAnswer(response.status, 'an answer without a token')
    }
    const lifetime = Number(expires_in) * 1_000
    this.#token = { text: access_token, renewAt: askedAt + lifetime * renewedAfter, until: askedAt + lifetime }
    return this.#token
  }
}

/** What the token server said or did not say; undefined for errors that come from elsewhere. */
export function explainIam(error: unknown): Failure | undefined {
  if (error instanceof IamAnswer) return failureOfStatus(error.status, `IAM: ${error.status} ${error.message}`)
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return { kind: 'outage', said: 'IAM: no answer in time' }
  }
  return error instanceof TypeError ? failureOfConnection(error) : undefined
}

// The signed-in session: hands out an access token that is good, and gets new ones, once for all calls that wait.
import { memoryTokens, type TokenStore, type Tokens } from './tokens.ts'
import { isWaybillError, WaybillError } from './waybill-error.ts'

/** What signing in and refreshing answer. */
export interface TokenPair {
  access_token: string
  expires_in: number
  refresh_token: string
}

type AskForTokens = (refreshToken: string) => Promise<TokenPair>

/** Refreshed this long before it expires: a request takes its time. */
const marginMilliseconds = 5_000

export class Session {
  readonly #store: TokenStore
  readonly #refresh: AskForTokens
  #refreshing: Promise<Tokens> | undefined

  /** `refresh` makes the call, and makes it once: a refresh token that is used twice ends the session. One whose answer was lost is tried by the next call, for then there is nothing more to lose. */
  constructor(store: TokenStore | undefined, refresh: AskForTokens) {
    this.#store = store ?? memoryTokens()
    this.#refresh = refresh
  }

  async isSignedIn(): Promise<boolean> {
    return (await this.#store.load()) !== undefined
  }

  async begin(pair: TokenPair): Promise<void> {
    await this.#store.save(tokensOf(pair))
  }

  async end(): Promise<void> {
    await this.#store.save(undefined)
  }

  /** An access token that has not expired; throws NOT_AUTHENTICATED where nobody is signed in. */
  async accessToken(): Promise<string> {
    const tokens = await this.#load()
    return expiresSoon(tokens) ? this.renew(tokens.access_token) : tokens.access_token
  }

  /** A token other than the one that was refused. */
  async renew(refused: string): Promise<string> {
    this.#refreshing ??= this.#renew(refused).finally(() => {
      this.#refreshing = undefined
    })
    return (await this.#refreshing).access_token
  }

  async #renew(refused: string): Promise<Tokens> {
    const work = async () => {
      const tokens = await this.#load()
      // Somebody else who shares the store was quicker.
      if (tokens.access_token !== refused) return tokens
      const fresh = tokensOf(await this.#ask(tokens))
      await this.#store.save(fresh)
      return fresh
    }
    return this.#store.exclusively ? this.#store.exclusively(work) : work()
  }

  async #ask(tokens: Tokens): Promise<TokenPair> {
    try {
      return await this.#refresh(tokens.refresh_token)
    } catch (error) {
      if (!isWaybillError(error, 'INVALID_CREDENTIALS')) throw error
      await this.end()
      throw notSignedIn('the session has ended: sign in again', error)
    }
  }

  async #load(): Promise<Tokens> {
    const tokens = await this.#store.load()
    if (!tokens) throw notSignedIn('nobody is signed in: call signIn first')
    return tokens
  }
}

function notSignedIn(message: string, cause?: WaybillError): WaybillError {
  return new WaybillError({
    code: 'NOT_AUTHENTICATED',
    ...{ message, cause, status: cause?.status, requestId: cause?.requestId },
  })
}

function tokensOf({ access_token, refresh_token, expires_in }: TokenPair): Tokens {
  return { access_token, refresh_token, expires_at: Date.now() + expires_in * 1_000 }
}

function expiresSoon({ expires_at }: Tokens): boolean {
  return expires_at - Date.now() < marginMilliseconds
}

// The client: one server, one session, and a noun for each part of the API.
import { Api } from './api.ts'
import type { CallOptions } from './call-options.ts'
import { Callbacks } from './callbacks.ts'
import { Clouds } from './clouds.ts'
import { Data } from './data.ts'
import { Me } from './me.ts'
import type { User } from './models.ts'
import { OperationsDesk } from './operations-desk.ts'
import { Orders } from './orders.ts'
import { Payments } from './payments.ts'
import { Processes } from './processes.ts'
import { Session, type TokenPair } from './session.ts'
import type { TokenStore } from './tokens.ts'
import { Users } from './users.ts'
import { isWaybillError } from './waybill-error.ts'

export interface WaybillOptions {
  /** The server's address, `https://waybill.example.com`; a path in it is kept. */
  server: string
  /** Where the session's tokens are kept; in memory unless given. */
  tokens?: TokenStore
  /** Milliseconds that one attempt of a call may take; 30,000 unless given. */
  timeout?: number
  /** How often a call that may be repeated is tried again; 3 unless given, 0 for never. */
  retries?: number
  /** The longest pause before a retry, in milliseconds; 30,000 unless given. A server that asks for more is not waited for. */
  longestPause?: number
  /** Instead of the platform's own. */
  fetch?: typeof fetch
}

export interface SignUp {
  name: string
  email: string
  /** 10–128 characters. */
  password: string
  /** The cloud to be registered with; may be chosen later, too. */
  cloud?: string
}

export interface Credentials {
  email: string
  password: string
}

export interface Readiness {
  status: 'ready' | 'not_ready'
  /** `database`, `broker` and the like. */
  dependencies: Record<string, { status: string }>
}

/** A client of one server for one user. Every method throws a WaybillError where it cannot do what it says. */
export class Waybill {
  readonly orders: Orders
  readonly processes: Processes
  readonly payments: Payments
  readonly data: Data
  readonly clouds: Clouds
  readonly callbacks: Callbacks
  readonly me: Me
  /** Operators. */
  readonly users: Users
  /** Operators. */
  readonly desk: OperationsDesk
  readonly #api: Api
  readonly #session: Session

  constructor({ server, tokens, timeout = 30_000, retries = 3, longestPause = 30_000, fetch }: WaybillOptions) {
    const settings = {
      server: server.replace(/\/+$/, ''),
      // Called as a method of anything else, a browser's fetch refuses.
      fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
      timeout,
      retry: { retries, longestPause },
    } satisfies ConstructorParameters<typeof Api>[0]
    const api = new Api(settings, () => this.#session)
    this.#api = api
    this.#session = new Session(tokens, refresh_token =>
      api.ask<TokenPair>('refreshSession', { body: { refresh_token } }),
    )
    this.processes = new Processes(api)
    this.orders = new Orders(api, this.processes)
    this.payments = new Payments(api)
    this.data = new Data(api)
    this.clouds = new Clouds(api)
    this.callbacks = new Callbacks(api)
    this.me = new Me(api)
    this.users = new Users(api)
    this.desk = new OperationsDesk(api)
  }

  /** Makes an account; sign in next. Throws EMAIL_TAKEN, UNKNOWN_CLOUD, CLOUD_NOT_ENABLED, VALIDATION_FAILED. */
  signUp(user: SignUp, options?: CallOptions): Promise<User> {
    return this.#api.ask('signUp', { body: user, options })
  }

  /** Begins a session and keeps its tokens in the store. Throws INVALID_CREDENTIALS. */
  async signIn(credentials: Credentials, options?: CallOptions): Promise<void> {
    await this.#session.begin(await this.#api.ask<TokenPair>('signIn', { body: credentials, options }))
  }

  /** Ends the session, here and on the server; where nobody is signed in, there is nothing to be done. The tokens are removed from the store in any case. */
  async signOut(options?: CallOptions): Promise<void> {
    try {
      await this.#api.text('signOut', { options })
    } catch (error) {
      if (!isWaybillError(error, 'NOT_AUTHENTICATED')) throw error
    } finally {
      await this.#session.end()
    }
  }

  /** Whether the store holds a session; the server may have ended it. */
  isSignedIn(): Promise<boolean> {
    return this.#session.isSignedIn()
  }

  /**
   * An access token that has not expired, refreshed where it was about to: for calls that the SDK does not make. Throws
   * NOT_AUTHENTICATED where nobody is signed in.
   */
  accessToken(): Promise<string> {
    return this.#session.accessToken()
  }

  /** Whether the server can do its work; one that cannot is an answer, too. */
  readiness(options?: CallOptions): Promise<Readiness> {
    return this.#api.whole('checkReadiness', 'status', { options, alsoGood: 503 })
  }

  /** The public keys that access tokens are verified with (RFC 7517). */
  async keys(options?: CallOptions): Promise<Record<string, string>[]> {
    return (await this.#api.whole<{ keys: Record<string, string>[] }>('showKeys', 'keys', { options })).keys
  }
}

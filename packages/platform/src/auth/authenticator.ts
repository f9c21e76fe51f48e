// Who is calling: asks the user system for a token's user and session, and remembers its answer for a few seconds.
import type { Role } from '@waybill/contracts'
import type { Clock } from '../clock/index.ts'

/** The user and session behind a valid access token, as the user system knows them. */
export interface Principal {
  user_id: string
  session_id: string
  role: Role
  /** null where the user is not registered with a cloud. */
  cloud: string | null
  account: string
  /** When the token expires, epoch ms. */
  expires_at: number
}

export interface Authenticator {
  /** Answers who holds the token; undefined where it is bad, expired or revoked. Rejects when the user system cannot be asked. */
  authenticate(token: string): Promise<Principal | undefined>
}

/** The contract allows an answer of the user system to be kept for five seconds. */
const keepMilliseconds = 5_000
const keptAtMost = 20_000

interface Kept {
  principal: Principal
  until: number
}

/** Keeps answers of `judge` for at most five seconds and never beyond the token's end; forgets them at once when told so. */
export class CachedAuthenticator implements Authenticator {
  readonly #judge: Authenticator
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  readonly #asked = new Map<string, Promise<Principal | undefined>>()

  constructor(judge: Authenticator, clock: Clock) {
    this.#judge = judge
    this.#clock = clock
  }

  authenticate(token: string): Promise<Principal | undefined> {
    return Promise.resolve(this.remembered(token) ?? this.#ask(token))
  }

  /** The answer at hand, without asking anybody. */
  remembered(token: string): Principal | undefined {
    const kept = this.#kept.get(token)
    if (!kept) return undefined
    if (kept.until > this.#clock.now()) return kept.principal
    this.#kept.delete(token)
    return undefined
  }

  forgetSession(sessionId: string): void {
    this.#forget(principal => principal.session_id === sessionId)
  }

  forgetUser(userId: string): void {
    this.#forget(principal => principal.user_id === userId)
  }

  #ask(token: string): Promise<Principal | undefined> {
    let asked = this.#asked.get(token)
    if (!asked) {
      const askedAt = this.#clock.now()
      asked = this.#judge
        .authenticate(token)
        .then(principal => {
          // An answer that somebody told us to forget while it was on its way is used once and not kept.
          if (principal && this.#asked.get(token) === asked && isLasting(principal)) {
            this.#keep(token, principal, askedAt)
          }
          return principal
        })
        .finally(() => {
          if (this.#asked.get(token) === asked) this.#asked.delete(token)
        })
      this.#asked.set(token, asked)
    }
    return asked
  }

  #keep(token: string, principal: Principal, askedAt: number): void {
    if (this.#kept.size >= keptAtMost) this.#kept.delete(this.#kept.keys().next().value!)
    this.#kept.set(token, { principal, until: Math.min(askedAt + keepMilliseconds, principal.expires_at) })
  }

  #forget(matches: (principal: Principal) => boolean): void {
    for (const [token, { principal }] of this.#kept) if (matches(principal)) this.#kept.delete(token)
    this.#asked.clear()
  }
}

/** A customer who has no cloud yet is about to register with one, and to order in the next moment: perhaps at another process. */
function isLasting({ cloud, role }: Principal): boolean {
  return cloud !== null || role === 'operator'
}

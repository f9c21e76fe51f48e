// Where the tokens of a session are kept between calls, and between programs.

export interface Tokens {
  access_token: string
  refresh_token: string
  /** When the access token expires, in milliseconds since 1970 by this machine's clock. */
  expires_at: number
}

/** Keeps one session's tokens: in memory, a file, a browser's storage. Every refresh gives new ones, and the old ones are void. */
export interface TokenStore {
  load(): Tokens | undefined | Promise<Tokens | undefined>
  /** `undefined` removes them. */
  save(tokens: Tokens | undefined): void | Promise<void>
  /**
   * Runs `work` while no other user of the same store does. A store that several programs or tabs share needs it: two that
   * refresh with one token end the session. A lock file or `navigator.locks.request` will do.
   */
  exclusively?<T>(work: () => Promise<T>): Promise<T>
}

/** Keeps tokens as long as the program runs; begins with `tokens`, where given. */
export function memoryTokens(tokens?: Tokens): TokenStore {
  let kept = tokens
  return {
    load: () => kept,
    save(tokens) {
      kept = tokens
    },
  }
}

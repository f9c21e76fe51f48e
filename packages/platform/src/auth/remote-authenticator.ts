// Asks a user service in another process: its public keys first, so that rubbish never travels, then itself.
import type { User } from '@waybill/contracts'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import type { Peer } from '../http/peer.ts'
import type { Authenticator, Principal } from './authenticator.ts'

/** Keys that cannot be had are no verdict on a token: no answer in time, none that is 200 and JSON (jose's general error), none with keys in it. */
const withoutKeys = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID'])

/** Verifies tokens against the user service's JWKS (RFC 7517, 7519) and asks `GET /user/details` for the user behind them. */
export class RemoteAuthenticator implements Authenticator {
  readonly #user: Peer
  readonly #expected: { issuer: string; audience: string }
  readonly #keys: ReturnType<typeof createRemoteJWKSet>

  constructor(user: Peer, expected: { issuer: string; audience: string }) {
    this.#user = user
    this.#expected = expected
    this.#keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', user.url()), {
      timeoutDuration: 5_000,
      [customFetch]: (url, options) => fetch(url, { ...options, headers: user.headers() }),
    })
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    const claims = await this.#verify(token)
    if (!claims?.exp || typeof claims.sid !== 'string') return undefined
    const { status, data } = await this.#user.call<User>('GET', '/user/details', { token })
    if (status !== 200 || data.id !== claims.sub) return undefined
    return {
      user_id: data.id,
      session_id: claims.sid,
      role: data.role,
      cloud: data.cloud,
      account: data.account,
      expires_at: claims.exp * 1_000,
    }
  }

  async #verify(token: string) {
    try {
      const { payload } = await jwtVerify(token, this.#keys, { ...this.#expected, algorithms: ['EdDSA', 'Ed25519'] })
      return payload
    } catch (error) {
      const code = (error as { code?: string }).code
      if (!code?.startsWith('ERR_J') || withoutKeys.has(code)) throw this.#user.unavailable(error)
      return undefined
    }
  }
}

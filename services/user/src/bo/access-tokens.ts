// Access tokens: signed with EdDSA (RFC 8037), verified with our own key alone, never twice.
import type { Clock } from '@waybill/platform/clock'
import { errors, jwtVerify, SignJWT } from 'jose'
import { uuidv7 } from 'uuidv7'
import type { SigningKey } from './signing-key.ts'

export interface AccessTokens {
  issue(userId: string, sessionId: string): Promise<{ token: string; expiresInSeconds: number }>
  /** Whose token it is, while it is valid; undefined for any other text. */
  read(token: string): Promise<AccessClaims | undefined>
}

export interface AccessClaims {
  userId: string
  sessionId: string
  /** Epoch ms. */
  expiresAt: number
}

export interface TokenTerms {
  issuer: string
  audience: string
  livesMilliseconds: number
}

const keptAtMost = 20_000

export function createAccessTokens(key: SigningKey, terms: TokenTerms, clock: Clock): AccessTokens {
  // A signature that was good stays good: the cryptography of a token is done once. Its end is looked at each time.
  const verified = new Map<string, AccessClaims>()
  const livesSeconds = Math.max(Math.floor(terms.livesMilliseconds / 1_000), 1)

  async function verify(token: string): Promise<AccessClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, key.publicKey, {
        algorithms: ['EdDSA'],
        issuer: terms.issuer,
        audience: terms.audience,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'sub', 'sid', 'jti'],
      })
      const { sub, sid, exp } = payload
      if (typeof sub !== 'string' || typeof sid !== 'string' || exp === undefined) return undefined
      return { userId: sub, sessionId: sid, expiresAt: exp * 1_000 }
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }

  return {
    async issue(userId, sessionId) {
      const now = Math.floor(clock.now() / 1_000)
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: key.kid })
        .setIssuer(terms.issuer)
        .setAudience(terms.audience)
        .setSubject(userId)
        .setJti(uuidv7())
        .setIssuedAt(now)
        .setExpirationTime(now + livesSeconds)
        .sign(key.privateKey)
      return { token, expiresInSeconds: livesSeconds }
    },
    async read(token) {
      const claims = verified.get(token) ?? (await verify(token))
      // Taken out and put back at the end: the token that was read longest ago is the first to be forgotten.
      verified.delete(token)
      if (!claims || claims.expiresAt <= clock.now()) return undefined
      if (verified.size >= keptAtMost) verified.delete(verified.keys().next().value!)
      verified.set(token, claims)
      return claims
    },
  }
}

// Refresh tokens: 256 random bits that the client keeps and we only know the hash of.
import { createHash, randomBytes } from 'node:crypto'
import type { RefreshTokenRow } from '../models/session.ts'

export function newRefreshToken(sessionId: string, now: number): { token: string; row: RefreshTokenRow } {
  const token = randomBytes(32).toString('base64url')
  return { token, row: { hash: hashOf(token), session_id: sessionId, created_at: now, used_at: null } }
}

/** A plain hash will do: what has 256 random bits cannot be guessed. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

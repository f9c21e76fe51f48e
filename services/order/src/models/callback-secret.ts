// The secret that a user's callbacks are signed with (Standard Webhooks: whsec_ and 32 random bytes in base64).
import { randomBytes } from 'node:crypto'

export interface CallbackSecretRow {
  user_id: string
  /** Sealed, as the earlier ones are. */
  secret: string
  /** JSON of the EarlierSecrets, the newest first. */
  earlier: string
  created_at: number
  updated_at: number
}

interface EarlierSecret {
  secret: string
  expires_at: number
}

const signsOnMilliseconds = 24 * 3_600_000
/** Somebody who rotates without end must not make callbacks grow without end. */
const earlierAtMost = 5

export function newCallbackSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** Binds a sealed secret to its user. */
export function sealedFor(userId: string): string {
  return `callback_secrets ${userId}`
}

/** The replaced ones that still sign, the newest first. */
export function earlierSecrets(row: CallbackSecretRow, now: number): EarlierSecret[] {
  return (JSON.parse(row.earlier) as EarlierSecret[]).filter(it => it.expires_at > now)
}

/** What to change where the sealed `secret` takes the place of the one at hand. */
export function rotated(row: CallbackSecretRow, secret: string, now: number) {
  const replaced: EarlierSecret = { secret: row.secret, expires_at: now + signsOnMilliseconds }
  const earlier = [replaced, ...earlierSecrets(row, now)].slice(0, earlierAtMost)
  return { secret, earlier: JSON.stringify(earlier), updated_at: now }
}

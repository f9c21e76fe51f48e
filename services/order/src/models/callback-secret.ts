// The secret that a user's callbacks are signed with (Standard Webhooks: whsec_ and 32 random bytes in base64).
import { randomBytes } from 'node:crypto'

export function newCallbackSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

/** Binds a sealed secret to its user. */
export function sealedFor(userId: string): string {
  return `callback_secrets ${userId}`
}

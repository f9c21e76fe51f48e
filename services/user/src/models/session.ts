// A session: what begins when somebody signs in and ends when they sign out, are locked out, or stay away too long.

export interface SessionRow {
  id: string
  user_id: string
  created_at: number
  /** Until when it can be refreshed; its last access token may live longer. */
  expires_at: number
  revoked_at: number | null
}

/** Only the hash is kept: who reads the database cannot refresh. */
export interface RefreshTokenRow {
  hash: string
  session_id: string
  created_at: number
  /** Each is good for one refresh; a second use means that it was stolen. */
  used_at: number | null
}

/** A refresh token that somebody brings, with the state of its session and user. */
export interface PresentedRefreshToken extends RefreshTokenRow {
  user_id: string
  expires_at: number
  revoked_at: number | null
  disabled_at: number | null
}

/** May be exchanged now. Whether it was used before is another question. */
export function isRefreshable({ expires_at, revoked_at, disabled_at }: PresentedRefreshToken, now: number): boolean {
  return expires_at > now && revoked_at === null && disabled_at === null
}

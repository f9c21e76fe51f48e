// A session: what begins when somebody signs in and ends when they sign out, are locked out, or stay away too long.

export interface SessionRow {
  id: string
  user_id: string
  created_at: number
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

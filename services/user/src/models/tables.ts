// The tables of the user database, as its daos see them.
import type { RefreshTokenRow, SessionRow } from './session.ts'
import type { UserRow } from './user.ts'

export interface SigningKeyRow {
  purpose: string
  /** PKCS #8 PEM, sealed. */
  private_key: string
  created_at: number
}

export interface UserTables {
  users: UserRow
  sessions: SessionRow
  refresh_tokens: RefreshTokenRow
  signing_keys: SigningKeyRow
}

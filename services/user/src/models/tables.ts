// The tables of the user database, as its daos see them.
import type { RefreshTokenRow, SessionRow } from './session.ts'
import type { SigningKeyRow } from './signing-key.ts'
import type { UserRow } from './user.ts'

export interface UserTables {
  users: UserRow
  sessions: SessionRow
  refresh_tokens: RefreshTokenRow
  signing_keys: SigningKeyRow
}

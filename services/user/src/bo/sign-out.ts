// Signs somebody out: the tokens of this session stop working.
import type { Database } from '@waybill/platform/db'
import type { UserTables } from '../models/tables.ts'
import type { RevokeSession } from './revoke-session.ts'

export type SignOut = ReturnType<typeof createSignOut>

export function createSignOut({
  database,
  revokeSession,
}: {
  database: Database<UserTables>
  revokeSession: RevokeSession
}) {
  return (sessionId: string): Promise<void> => database.transaction(tx => revokeSession(tx, sessionId))
}

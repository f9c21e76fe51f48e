// The key that signs access tokens, in SQL.
import type { Db, Tx } from '@waybill/platform/db'
import type { SigningKeyRow } from '../models/signing-key.ts'
import type { UserTables } from '../models/tables.ts'

export function findSigningKey(db: Db<UserTables>, purpose: string): Promise<SigningKeyRow | undefined> {
  return db.selectFrom('signing_keys').selectAll().where('purpose', '=', purpose).executeTakeFirst()
}

/** Of several that start at once, one key stands. */
export async function insertSigningKeyOnce(tx: Tx<UserTables>, row: SigningKeyRow): Promise<void> {
  await tx.insertInto('signing_keys').orIgnore().values(row).execute()
}

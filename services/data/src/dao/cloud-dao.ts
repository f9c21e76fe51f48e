// Clouds in SQL.
import type { Db, Tx } from '@waybill/platform/db'
import type { CloudRow } from '../models/cloud.ts'
import type { DataTables } from '../models/tables.ts'

export function listClouds(db: Db<DataTables>): Promise<CloudRow[]> {
  return db.selectFrom('clouds').selectAll().orderBy('name').execute()
}

export function findCloud(db: Db<DataTables>, name: string): Promise<CloudRow | undefined> {
  return db.selectFrom('clouds').selectAll().where('name', '=', name).executeTakeFirst()
}

/** False where the name is taken. */
export async function addCloud(tx: Tx<DataTables>, row: CloudRow): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx.insertInto('clouds').orIgnore().values(row).executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function changeCloud(
  tx: Tx<DataTables>,
  name: string,
  change: Partial<CloudRow> & { updated_at: number },
): Promise<void> {
  await tx.updateTable('clouds').set(change).where('name', '=', name).execute()
}

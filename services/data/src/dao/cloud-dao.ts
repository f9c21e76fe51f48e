// Clouds in SQL.
import { type Db, prepared, type Tx } from '@waybill/platform/db'
import type { CloudRow } from '../models/cloud.ts'
import type { DataTables } from '../models/tables.ts'

export function listClouds(db: Db<DataTables>): Promise<CloudRow[]> {
  return db.selectFrom('clouds').selectAll().orderBy('name').execute()
}

const cloudByName = prepared<DataTables, { name: string }, CloudRow>(
  (db, { name }) => db.selectFrom('clouds').selectAll().where('name', '=', name),
  { by: 'name' },
)

export function findCloud(db: Db<DataTables>, name: string): Promise<CloudRow | undefined> {
  return cloudByName.first(db, { name })
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

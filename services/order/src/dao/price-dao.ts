// Prices in SQL.
import type { Db, Tx } from '@waybill/platform/db'
import type { PriceRow } from '../models/price.ts'
import type { OrderTables } from '../models/tables.ts'

export function listPrices(db: Db<OrderTables>): Promise<PriceRow[]> {
  return db.selectFrom('prices').selectAll().orderBy('cloud').execute()
}

export function findPrice(db: Db<OrderTables>, cloud: string): Promise<PriceRow | undefined> {
  return db.selectFrom('prices').selectAll().where('cloud', '=', cloud).executeTakeFirst()
}

export async function savePrice(tx: Tx<OrderTables>, row: PriceRow): Promise<void> {
  await tx.deleteFrom('prices').where('cloud', '=', row.cloud).execute()
  await tx.insertInto('prices').values(row).execute()
}

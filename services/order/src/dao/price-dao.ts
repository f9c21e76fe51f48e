// Prices in SQL.
import { type Db, prepared, type Tx } from '@waybill/platform/db'
import type { PriceRow } from '../models/price.ts'
import type { OrderTables } from '../models/tables.ts'

export function listPrices(db: Db<OrderTables>): Promise<PriceRow[]> {
  return db.selectFrom('prices').selectAll().orderBy('cloud').execute()
}

const priceOfCloud = prepared(
  (db: Db<OrderTables>, { cloud }: { cloud: string }) => db.selectFrom('prices').selectAll().where('cloud', '=', cloud),
  { by: 'cloud' },
)

export function findPrice(db: Db<OrderTables>, cloud: string): Promise<PriceRow | undefined> {
  return priceOfCloud.first(db, { cloud })
}

/** Of two who set the first price of a cloud in the same moment, one was quicker and the other's stands. */
export async function savePrice(tx: Tx<OrderTables>, row: PriceRow): Promise<void> {
  const { numUpdatedRows } = await tx.updateTable('prices').set(row).where('cloud', '=', row.cloud).executeTakeFirst()
  if (numUpdatedRows === 0n) await tx.insertInto('prices').orIgnore().values(row).execute()
}

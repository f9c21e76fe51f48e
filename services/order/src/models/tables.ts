// The tables of the order database, as its daos see them.
import type { PriceRow } from './price.ts'

export interface OrderTables {
  prices: PriceRow
}

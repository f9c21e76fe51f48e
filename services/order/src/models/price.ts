// What exporting one dataset from a cloud costs.
import type { Price } from '@waybill/contracts'

export interface PriceRow {
  cloud: string
  amount: number
  currency: string
  updated_at: number
}

export function presentPrice(row: PriceRow): Price {
  return { cloud: row.cloud, amount: row.amount, currency: row.currency }
}

// The tables of the order database, as its daos see them.
import type { CallbackAttemptRow, CallbackRow } from './callback.ts'
import type { CallbackSecretRow } from './callback-secret.ts'
import type { OrderHistoryRow, OrderRow } from './order.ts'
import type { PriceRow } from './price.ts'
import type { ProcessRow } from './process.ts'

export interface OrderTables {
  prices: PriceRow
  orders: OrderRow
  order_history: OrderHistoryRow
  user_processes: ProcessRow
  callbacks: CallbackRow
  callback_attempts: CallbackAttemptRow
  callback_secrets: CallbackSecretRow
}

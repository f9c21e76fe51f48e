// The tables of the payment database, as its daos see them.
import type { AttemptRow } from './attempt.ts'
import type { HistoryRow } from './history.ts'
import type { MockLedgerRow } from './mock-ledger.ts'
import type { PaymentRow } from './payment.ts'

export interface PaymentTables {
  payments: PaymentRow
  payment_attempts: AttemptRow
  payment_history: HistoryRow
  mock_gateway_ledger: MockLedgerRow
}

// One line in the mock gateway's memory: what it did under an idempotency key.
import type { PaymentOperation } from '@waybill/contracts'

export interface MockLedgerRow {
  idempotency_key: string
  payment_id: string
  operation: PaymentOperation
  amount: number
  currency: string
  /** How often it was out of order when this was asked of it. */
  failures: number
  /** null while nothing has happened. */
  outcome: 'succeeded' | 'declined' | null
  decline_code: string | null
  reference: string | null
  at: number
}

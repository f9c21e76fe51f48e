// One change of a payment's state: what is kept so that its story can be told.
import type { PaymentState } from '@waybill/contracts'

export interface HistoryRow {
  id: string
  payment_id: string
  /** null for the first: the payment came to be. */
  from_state: PaymentState | null
  to_state: PaymentState
  reason: string | null
  at: number
  request_id: string
}

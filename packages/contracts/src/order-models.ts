// Prices, orders, processes, callbacks and the audit as the API answers them. Without the schemas, so that clients can take them.
import type { CancelReason, ExportFormat, OrderState, PaymentMode } from './words.ts'

export interface OrderedItem {
  dataset: string
  format: ExportFormat
}
export interface Price {
  cloud: string
  amount: number
  currency: string
}
export interface Order {
  id: string
  user_id: string
  cloud: string
  state: OrderState
  cancel_reason: CancelReason | null
  items: OrderedItem[]
  amount: number
  currency: string
  process_id: string
  payment_mode: PaymentMode
  version: number
  created_at: string
  updated_at: string
}
export interface OrderStatus {
  order_id: string
  state: OrderState
  cancel_reason: CancelReason | null
  process_id: string
}
export interface OrderTransition {
  from: OrderState | null
  to: OrderState
  reason: string | null
  at: string
  request_id: string
}
export type ProcessState = 'under_process' | 'success' | 'failure'
export interface Process {
  process_id: string
  order_id: string
  status: 0 | 1 | 2
  state: ProcessState
  percentage: number
  step: string
  reason: string | null
  eta_seconds: number | null
  created_at: string
  updated_at: string
  finished_at: string | null
  data_url: string | null
}
export interface Explanation {
  order_id: string
  summary: string
  next: string
  entries: { at: string; service: string; kind: string; text: string; request_id: string | null }[]
}
export interface CallbackAttempt {
  id: string
  url: string
  attempt: number
  status_code: number | null
  error: string | null
  at: string
  next_attempt_at: string | null
}
/** What must be true, each by the name that a violation of it carries. */
export const auditRules = [
  'process_mismatch',
  'history_mismatch',
  'stuck',
  'payment_missing',
  'authorization_missing',
  'captured_early',
  'captured_twice',
  'capture_missing',
  'wrong_amount',
  'payment_mismatch',
  'money_held',
  'money_kept',
  'delivery_missing',
  'export_running',
  'outbox_not_drained',
  'dead_letter',
] as const
export type AuditRule = (typeof auditRules)[number]
export interface Violation {
  /** null where an event is not about an order. */
  order_id: string | null
  rule: AuditRule
  detail: string
}
export interface Audit {
  checked: number
  violations: Violation[]
}

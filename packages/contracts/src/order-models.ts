// Prices, orders, processes, callbacks and the audit as the API answers them. Without the schemas, so that clients can take them.
import type { ServiceName } from './services.ts'
import type { CancelReason, Compression, ExportFormat, OrderState, PaymentMode } from './words.ts'

export interface OrderedItem {
  dataset: string
  format: ExportFormat
  /** Only where the file is to be packed. */
  compression?: Compression
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
/** How a step of a story ended; `waiting` for a time, another service or a person, `running` at this moment. */
export const stepOutcomes = ['done', 'failed', 'waiting', 'running'] as const
export type StepOutcome = (typeof stepOutcomes)[number]
export interface StoryEntry {
  at: string
  service: string
  kind: string
  text: string
  request_id: string | null
  outcome: StepOutcome
  /** Which try it was; null where a step is made once. */
  attempt: number | null
  /** When it is tried again; null where it is not, or where that is happening now. */
  next_attempt_at: string | null
  /** Of a file or a process; null for other steps. */
  percentage: number | null
}
/** The step that keeps an order from going on. */
export interface Trouble {
  service: ServiceName
  /** `authorize`, `export`, `callback`, `handle order.created`, `publish order.created` and the like. */
  step: string
  /** null where it is not for this caller. */
  error: string | null
  /** How often it was tried. */
  attempt: number
  /** null where it is under way, or waits for a person or for the broker. */
  next_attempt_at: string | null
}
export const orderActionNames = ['try_now', 'pay', 'cancel', 'resend_callback', 'replay_dead_letter'] as const
export type OrderActionName = (typeof orderActionNames)[number]
/** What the caller may do now, and the call that does it. */
export interface OrderAction {
  name: OrderActionName
  /** For people. */
  label: string
  verb: 'POST'
  path: string
  body: Record<string, string> | null
}
export interface Explanation {
  order_id: string
  state: OrderState
  percentage: number
  summary: string
  next: string
  /** When the next step is due that happens by itself; null where one is under way, or none is to come. */
  next_at: string | null
  /** When the order is cancelled unless it has moved on by then; null once it is final. */
  deadline: string | null
  /** Nothing more will happen. */
  ended: boolean
  trouble: Trouble | null
  actions: OrderAction[]
  entries: StoryEntry[]
}
/** What was made due now; kinds of work and types of events, by service. */
export interface HastenedOrder {
  order_id: string
  hastened: { service: ServiceName; work: string[] }[]
}
export interface ReplayedOrder {
  order_id: string
  replayed: { service: ServiceName; event_type: string; dead_letter_id: string }[]
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

// An order and the story of its states.
import type {
  CancelReason,
  Order,
  OrderedItem,
  OrderState,
  OrderStatus,
  OrderTransition,
  PaymentMode,
} from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'

export interface OrderRow {
  id: string
  user_id: string
  cloud: string
  account: string
  state: OrderState
  cancel_reason: CancelReason | null
  /** JSON of what was ordered. */
  items: string
  amount: number
  currency: string
  process_id: string
  payment_mode: PaymentMode
  callback_url: string | null
  version: number
  /** The request that placed it. */
  request_id: string
  created_at: number
  updated_at: number
}

export interface OrderHistoryRow {
  order_id: string
  /** The version of the order that this transition made; 1 is its creation. */
  sequence: number
  from_state: OrderState | null
  to_state: OrderState
  reason: CancelReason | null
  at: number
  request_id: string
}

export function orderedItems(row: OrderRow): OrderedItem[] {
  return JSON.parse(row.items) as OrderedItem[]
}

export function presentOrder(row: OrderRow): Order {
  return {
    id: row.id,
    user_id: row.user_id,
    cloud: row.cloud,
    state: row.state,
    cancel_reason: row.cancel_reason,
    items: orderedItems(row),
    amount: row.amount,
    currency: row.currency,
    process_id: row.process_id,
    payment_mode: row.payment_mode,
    version: row.version,
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}

export function presentOrderStatus(row: OrderRow): OrderStatus {
  return { order_id: row.id, state: row.state, cancel_reason: row.cancel_reason, process_id: row.process_id }
}

export function presentTransition(row: OrderHistoryRow): OrderTransition {
  return {
    from: row.from_state,
    to: row.to_state,
    reason: row.reason,
    at: rfc3339(row.at),
    request_id: row.request_id,
  }
}

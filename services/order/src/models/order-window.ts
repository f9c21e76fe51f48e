// How long an order may wait: for its payment, and for its export. Each window is a timer row whose subject is the order.
import type { OrderState } from '@waybill/contracts'
import type { OrderRow } from './order.ts'

export const paymentWindow = 'payment-window'
export const processingWindow = 'processing-window'

/** The timer that runs while an order is in a state; final states wait for nothing. */
export function windowOf(state: OrderState): string | undefined {
  if (state === 'created') return paymentWindow
  return state === 'confirmed' ? processingWindow : undefined
}

/** Milliseconds. */
export interface OrderWindows {
  /** For the customer, where an order is to be paid later. */
  payment: number
  /** For our own work on an order, once for its payment and once for its export. */
  processing: number
}

/** What tells how long an order may wait. */
export type WaitingOrder = Pick<OrderRow, 'state' | 'payment_mode' | 'updated_at'>

/** When the window of an order closes, epoch ms; undefined for one that waits for nothing. */
export function windowEnd(order: WaitingOrder, windows: OrderWindows): number | undefined {
  if (windowOf(order.state) === undefined) return undefined
  const waitsForCustomer = order.state === 'created' && order.payment_mode === 'later'
  return order.updated_at + (waitsForCustomer ? windows.payment : windows.processing)
}

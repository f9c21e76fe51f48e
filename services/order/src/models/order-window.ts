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
  payment: number
  processing: number
}

/** When the window of an order closes, epoch ms; undefined for one that waits for nothing. */
export function windowEnd(order: OrderRow, windows: OrderWindows): number | undefined {
  if (order.state === 'created') return order.created_at + windows.payment
  return order.state === 'confirmed' ? order.updated_at + windows.processing : undefined
}

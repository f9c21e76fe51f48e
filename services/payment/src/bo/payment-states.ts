// How a payment may go from state to state, and what is to be done next to reach what is wanted.
import type { PaymentOperation, PaymentState } from '@waybill/contracts'
import type { PaymentRow } from '../models/payment.ts'

/** Where a payment may go. `unknown` is left for wherever the gateway says that the payment is, or back to where it was. */
export const paymentTransitions: Record<PaymentState, readonly PaymentState[]> = {
  pending: ['authorized', 'declined', 'voided', 'unknown'],
  authorized: ['captured', 'voided', 'unknown'],
  captured: ['refunded', 'unknown'],
  declined: [],
  voided: [],
  refunded: [],
  unknown: ['pending', 'authorized', 'captured', 'declined', 'voided', 'refunded'],
}

/** The step that leads to what is wanted, from where a payment without an open attempt stands. */
export function nextOperation({ state, wanted }: PaymentRow): PaymentOperation | undefined {
  if (state === 'pending' && (wanted === 'authorize' || wanted === 'capture')) return 'authorize'
  if (wanted === 'capture' && state === 'authorized') return 'capture'
  if (wanted === 'void' && state === 'authorized') return 'void'
  if (wanted === 'void' && state === 'captured') return 'refund'
  return undefined
}

/** Nobody has moved money for it and nobody is asked to: it waits for its customer. */
export function isUnpaid({ state, wanted }: PaymentRow): boolean {
  return state === 'pending' && wanted === null
}

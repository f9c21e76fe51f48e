// Payments as the API answers them. Without the schemas, so that clients can take them.
import type { PaymentState } from './words.ts'

export const paymentOperations = ['authorize', 'capture', 'void', 'refund'] as const
export type PaymentOperation = (typeof paymentOperations)[number]
export const attemptOutcomes = ['succeeded', 'declined', 'failed', 'unknown'] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]
export interface PaymentAttempt {
  id: string
  operation: PaymentOperation
  outcome: AttemptOutcome
  amount: number
  gateway_reference: string | null
  error: string | null
  /** After a lost answer: how often the gateway was asked what became of it, and did not say. */
  inquiries: number
  /** The request that led to it; null for attempts from before this was kept. */
  request_id: string | null
  at: string
}
/** A gateway that one may pay by on this installation. */
export interface PaymentGatewayOffer {
  name: string
}
export interface Payment {
  id: string
  order_id: string
  user_id: string
  cloud: string
  gateway: string
  state: PaymentState
  amount: number
  currency: string
  refunded_amount: number
  verdict: 'confirmed' | 'declined' | null
  decline_code: string | null
  attempts: PaymentAttempt[]
  created_at: string
  updated_at: string
}

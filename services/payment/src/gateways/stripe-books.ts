// What stands in Stripe's books about a step (docs.stripe.com/payments/paymentintents/lifecycle), in our words.
import type Stripe from 'stripe'
import type { GatewayMemory } from './gateway.ts'
import { declineCode } from './stripe-failure.ts'

const neverSeen: GatewayMemory = { outcome: 'never_seen' }

/** Throws while Stripe is still at work on it. */
export function authorizationIn(intent: Stripe.PaymentIntent): GatewayMemory {
  assertAtRest(intent)
  const { id, status, last_payment_error } = intent
  if (status === 'requires_capture' || status === 'succeeded') return { outcome: 'succeeded', reference: id }
  if (status === 'canceled') return { outcome: 'declined', code: status }
  return last_payment_error ? { outcome: 'declined', code: declineCode(last_payment_error) } : neverSeen
}

/** Throws while Stripe is still at work on it. */
export function captureIn(intent: Stripe.PaymentIntent): GatewayMemory {
  assertAtRest(intent)
  const { id, status } = intent
  if (status === 'succeeded') return { outcome: 'succeeded', reference: id }
  // `canceled` by somebody else, or by Stripe because nobody captured it for days.
  return status === 'requires_capture' ? neverSeen : { outcome: 'declined', code: status }
}

/** Throws while Stripe is still at work on it. */
export function voidIn(intent: Stripe.PaymentIntent): GatewayMemory {
  assertAtRest(intent)
  const { id, status } = intent
  if (status === 'canceled') return { outcome: 'succeeded', reference: id }
  return status === 'succeeded' ? { outcome: 'declined', code: 'captured' } : neverSeen
}

/** A pending one is on its way: Stripe has taken it on. */
export function refundIn({ id, status, failure_reason }: Stripe.Refund): GatewayMemory {
  const isOff = status === 'failed' || status === 'canceled'
  return isOff ? { outcome: 'declined', code: failure_reason ?? status } : { outcome: 'succeeded', reference: id }
}

function assertAtRest({ id, status }: Stripe.PaymentIntent): void {
  if (status === 'processing') throw new Error(`stripe is still at work on ${id}`)
}

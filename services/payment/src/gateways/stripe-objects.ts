// What we send to Stripe: the metadata by which its objects name ours, the idempotency key, and what a customer pays with.
import type Stripe from 'stripe'
import type { GatewayRequest } from './gateway.ts'

const ourPayment = 'waybill_payment_id'
const ourOrder = 'waybill_order_id'
const ourKey = 'waybill_key'

type Named = { metadata?: Stripe.Metadata | null }

export function metadataOf({ paymentId, orderId, idempotencyKey }: GatewayRequest): Record<string, string> {
  return { [ourPayment]: paymentId, [ourOrder]: orderId, [ourKey]: idempotencyKey }
}

/** The payment that an object is about; undefined where it is none of ours. */
export function paymentIdOf({ metadata }: Named): string | undefined {
  return metadata?.[ourPayment]
}

export function isMadeFor({ metadata }: Named, { idempotencyKey }: GatewayRequest): boolean {
  return metadata?.[ourKey] === idempotencyKey
}

/**
 * Stripe answers a key for a day as it did the first time, errors too. What is tried anew after an answer that came to
 * nothing must not get that answer again. `part`: another request of the same step.
 */
export function keyOf({ idempotencyKey, triedBefore }: GatewayRequest, part?: string): Stripe.RequestOptions {
  const parts = [idempotencyKey, part, triedBefore || undefined]
  return { idempotencyKey: parts.filter(each => each !== undefined).join(':') }
}

const tokenForm = /^(pm|tok)_[A-Za-z0-9_]+$/

/** What is wrong with a token, in words that follow its field's name. */
export function tokenRefusal(token: string | null): string | undefined {
  if (token !== null && tokenForm.test(token)) return undefined
  return 'must be a payment method of Stripe (pm_…) or a token of a card (tok_…)'
}

export function methodOf({ token }: GatewayRequest): Partial<Stripe.PaymentIntentCreateParams> {
  if (!token?.startsWith('tok_')) return { payment_method: token ?? undefined }
  // Tokens of cards are in the API, not in the SDK's types.
  const card = { type: 'card', card: { token } } as Stripe.PaymentIntentCreateParams.PaymentMethodData
  return { payment_method_data: card }
}

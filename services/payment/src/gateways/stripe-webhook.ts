// Stripe's webhooks (docs.stripe.com/webhooks): verified by the SDK, and read for nothing but the payment that they are about.
import type { IncomingHttpHeaders } from 'node:http'
import Stripe from 'stripe'
import { paymentIdOf } from './stripe-objects.ts'

const toleranceSeconds = 300

/** `now`: epoch ms. Undefined where Stripe did not sign it with `secret`, or too long ago. */
export function verifyStripeWebhook(
  headers: IncomingHttpHeaders,
  body: Buffer,
  secret: string,
  now: number,
): { paymentId: string | undefined } | undefined {
  const signature = String(headers['stripe-signature'] ?? '')
  try {
    const { data } = Stripe.webhooks.constructEvent(body, signature, secret, toleranceSeconds, undefined, now)
    return { paymentId: paymentIdOf(data.object as { metadata?: Stripe.Metadata | null }) }
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return undefined
    // Signed by Stripe, and no event that we know.
    return { paymentId: undefined }
  }
}

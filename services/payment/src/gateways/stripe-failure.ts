// What went wrong at Stripe, class by class (docs.stripe.com/error-handling, docs.stripe.com/api/idempotent_requests), and what it says of the money.
import type { PaymentOperation } from '@waybill/contracts'
import Stripe from 'stripe'
import type { GatewayAnswer } from './gateway.ts'

export interface StripeFailure {
  kind: 'card' | 'request' | 'credentials' | 'outage'
  /** What it comes to where nothing of the step stands in Stripe's books; undefined where it may still happen. */
  answer: GatewayAnswer | undefined
  /** The request is over, and Stripe's books say more than the error does. */
  isInBooks: boolean
  /** For people, customers among them: no keys, no cards. */
  text: string
  /** For operators: what Stripe found wrong with a request. */
  detail?: string
}

type Mapped = Omit<StripeFailure, 'text'>

const { errors } = Stripe

/** Undefined for an error that is not Stripe's. */
export function stripeFailure(error: unknown, operation: PaymentOperation): StripeFailure | undefined {
  return error instanceof errors.StripeError ? { ...map(error, operation), text: textOf(error) } : undefined
}

function map(error: Stripe.errors.StripeError, operation: PaymentOperation): Mapped {
  const failed: GatewayAnswer = { outcome: 'failed', error: textOf(error) }
  if (error instanceof errors.StripeCardError) {
    return { kind: 'card', answer: { outcome: 'declined', code: declineCode(error) }, isInBooks: false }
  }
  // Captured, canceled or refunded already is told as a bad request, too.
  if (error instanceof errors.StripeInvalidRequestError) {
    const code = error.code ?? error.rawType ?? 'invalid_request'
    return { kind: 'request', answer: { outcome: 'declined', code }, isInBooks: true, detail: error.message }
  }
  // Orders wait until somebody has mended it: declined they would be lost.
  if (error instanceof errors.StripeAuthenticationError || error instanceof errors.StripePermissionError) {
    return { kind: 'credentials', answer: failed, isInBooks: false }
  }
  return { kind: 'outage', ...mapOutage(error, operation, failed) }
}

function mapOutage(
  error: Stripe.errors.StripeError,
  operation: PaymentOperation,
  failed: GatewayAnswer,
): Pick<Mapped, 'answer' | 'isInBooks'> {
  // The lock is held by a request that is still at work, and may be ours.
  const isTurnedAway = error instanceof errors.StripeRateLimitError && error.code !== 'lock_timeout'
  if (isTurnedAway || isUnsent(error)) return { answer: failed, isInBooks: false }
  const isOver = error.statusCode === 500 || error.statusCode === 503
  if (!isOver) return { answer: undefined, isInBooks: false }
  // Nothing in the books is nothing done: an intent moves its money once, whatever comes late. A refund that comes late would
  // be given twice, so it is asked for again under its key: only an answer that is replayed is an old one.
  const isSettled = operation !== 'refund' || error.headers?.['idempotent-replayed'] === 'true'
  return { answer: isSettled ? failed : undefined, isInBooks: true }
}

/** The connection never came to be. */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

function isUnsent(error: Stripe.errors.StripeError): boolean {
  if (!(error instanceof errors.StripeConnectionError)) return false
  const detail = error.detail as { cause?: { code?: string } } | undefined
  return unsentCodes.has(detail?.cause?.code ?? '')
}

/** These say of a card what its holder must not be told (docs.stripe.com/declines/codes). */
const confidentialCodes = new Set(['fraudulent', 'lost_card', 'stolen_card', 'merchant_blacklist'])

/** The bank's reason where there is one, else Stripe's. The SDK writes '' for none. */
export function declineCode({ decline_code, code }: { decline_code?: string; code?: string }): string {
  if (!decline_code) return code || 'card_declined'
  return confidentialCodes.has(decline_code) ? 'generic_decline' : decline_code
}

function textOf({ statusCode, code, requestId }: Stripe.errors.StripeError): string {
  if (statusCode === undefined) return 'stripe is out of reach'
  const known = [statusCode, code, requestId].filter(fact => fact !== undefined)
  return `stripe answered ${known.join(' ')}`
}

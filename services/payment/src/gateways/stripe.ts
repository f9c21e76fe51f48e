// Stripe: one PaymentIntent for a payment, confirmed to authorize, captured by hand. Its id is stored before it is confirmed.
import type { PaymentOperation } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import type { Logger } from '@waybill/platform/log'
import type Stripe from 'stripe'
import type { Gateway, GatewayMemory, GatewayRequest, GatewayStep, OpenGateway } from './gateway.ts'
import { stripeAmount } from './stripe-amount.ts'
import { authorizationIn, captureIn, refundIn, voidIn } from './stripe-books.ts'
import { createStripeClient, type StripeClient } from './stripe-client.ts'
import { type StripeFailure, stripeFailure } from './stripe-failure.ts'
import { isMadeFor, keyOf, metadataOf, methodOf, tokenRefusal } from './stripe-objects.ts'
import { verifyStripeWebhook } from './stripe-webhook.ts'

interface Needs {
  client: StripeClient
  /** Without it no webhook is believed. */
  webhookSecret: string | undefined
  clock: Clock
  log: Logger
}

export const openGateway: OpenGateway = ({ settings, clock, log }) => {
  const { STRIPE_SECRET_KEY, STRIPE_API_BASE, STRIPE_WEBHOOK_SECRET: webhookSecret } = settings
  if (!webhookSecret) log.warn('STRIPE_WEBHOOK_SECRET is not set: webhooks of stripe are refused')
  return createStripeGateway({
    client: createStripeClient(STRIPE_SECRET_KEY!, STRIPE_API_BASE),
    webhookSecret,
    clock,
    log,
  })
}

export function createStripeGateway({ client, webhookSecret, clock, log }: Needs): Gateway {
  const { paymentIntents, refunds } = client.sdk

  /** What Stripe is asked to do. */
  const calls: Record<PaymentOperation, (request: GatewayRequest, amount: number) => Promise<GatewayMemory>> = {
    async authorize(request, amount) {
      const id = request.reference ?? (await request.keepReference((await createIntent(request, amount)).id))
      // Customers that would have to be sent elsewhere are declined: there is nobody to be sent.
      return conclude(await paymentIntents.confirm(id, { error_on_requires_action: true }, keyOf(request)))
    },
    async capture(request, amount) {
      return captureIn(await paymentIntents.capture(intentOf(request), { amount_to_capture: amount }, keyOf(request)))
    },
    async void(request) {
      return voidIn(await paymentIntents.cancel(intentOf(request), {}, keyOf(request)))
    },
    async refund(request, amount) {
      const refund = { payment_intent: intentOf(request), amount, metadata: metadataOf(request) }
      return refundIn(await refunds.create(refund, keyOf(request)))
    },
  }

  /** Where its books tell what became of that. */
  const books: Record<PaymentOperation, (request: GatewayRequest) => Promise<GatewayMemory>> = {
    async authorize({ reference }) {
      // Without one, no intent was confirmed.
      return reference === null ? { outcome: 'never_seen' } : conclude(await paymentIntents.retrieve(reference))
    },
    async capture(request) {
      return captureIn(await paymentIntents.retrieve(intentOf(request)))
    },
    async void(request) {
      return voidIn(await paymentIntents.retrieve(intentOf(request)))
    },
    async refund(request) {
      for await (const refund of refunds.list({ payment_intent: intentOf(request), limit: 100 })) {
        if (isMadeFor(refund, request)) return refundIn(refund)
      }
      return { outcome: 'never_seen' }
    },
  }

  /** No money moves by an intent that nobody confirms. */
  function createIntent(request: GatewayRequest, amount: number): Promise<Stripe.PaymentIntent> {
    const intent: Stripe.PaymentIntentCreateParams = {
      amount,
      currency: request.currency.toLowerCase(),
      capture_method: 'manual',
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      ...methodOf(request),
      description: `Waybill order ${request.orderId}`,
      metadata: metadataOf(request),
    }
    return paymentIntents.create(intent, keyOf(request, 'intent'))
  }

  /** An intent that waits for its customer could come to something later, when we have long said no: it is ended. */
  async function conclude(intent: Stripe.PaymentIntent): Promise<GatewayMemory> {
    if (intent.status !== 'requires_action') return authorizationIn(intent)
    await paymentIntents.cancel(intent.id, {}, { idempotencyKey: `${intent.id}:end` })
    return { outcome: 'declined', code: 'authentication_required' }
  }

  const step =
    (operation: PaymentOperation): GatewayStep =>
    async (asked, signal) => {
      const amount = stripeAmount(asked.amount, asked.currency)
      if (amount === undefined) return { outcome: 'declined', code: 'amount_not_supported' }
      const request = rememberingItsReference(asked)
      try {
        const memory = await client.within(signal, () => calls[operation](request, amount))
        if (memory.outcome !== 'never_seen') return memory
        throw new Error(`stripe took on to ${operation} and shows nothing of it`)
      } catch (error) {
        const failure = noted(error, operation, request)
        if (!failure) throw error
        const memory = failure.isInBooks ? await inquire(operation, request, signal) : undefined
        if (memory && memory.outcome !== 'never_seen') return memory
        if (failure.answer) return failure.answer
        throw new Error(failure.text)
      }
    }

  async function inquire(
    operation: PaymentOperation,
    request: GatewayRequest,
    signal: AbortSignal,
  ): Promise<GatewayMemory> {
    try {
      return await client.within(signal, () => books[operation](request))
    } catch (error) {
      const failure = noted(error, operation, request)
      // Not even that there is no such intent is an answer: the key may have become that of another account.
      throw failure ? new Error(failure.text) : error
    }
  }

  /** Tells the operator. Undefined for what is no failure of Stripe's. */
  function noted(error: unknown, operation: PaymentOperation, request: GatewayRequest): StripeFailure | undefined {
    const failure = stripeFailure(error, operation)
    if (!failure) return undefined
    const facts = { payment_id: request.paymentId, operation, failure: failure.text, detail: failure.detail }
    if (failure.kind === 'credentials') log.error(facts, 'stripe does not accept STRIPE_SECRET_KEY for this')
    else if (failure.kind !== 'card') log.warn(facts, 'stripe did not do what it was asked')
    return failure
  }

  return {
    name: 'stripe',
    refusalOf: tokenRefusal,
    authorize: step('authorize'),
    capture: step('capture'),
    void: step('void'),
    refund: step('refund'),
    inquire,
    verifyWebhook: (headers, body) =>
      webhookSecret === undefined ? undefined : verifyStripeWebhook(headers, body, webhookSecret, clock.now()),
  }
}

/** The books are asked by what was stored on the way. */
function rememberingItsReference(asked: GatewayRequest): GatewayRequest {
  const request: GatewayRequest = {
    ...asked,
    keepReference: async reference => {
      request.reference = await asked.keepReference(reference)
      return request.reference
    },
  }
  return request
}

function intentOf({ authorization, paymentId }: GatewayRequest): string {
  if (authorization === null) throw new Error(`payment ${paymentId} was never authorized`)
  return authorization
}

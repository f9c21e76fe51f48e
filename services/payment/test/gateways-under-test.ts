// The gateways that the whole service is tested with: the mock, and Stripe's with a fake of Stripe behind it.
import type { EventFacts, PaymentOperation } from '@waybill/contracts'
import { createVault } from '@waybill/platform/auth'
import type { TestHost } from '@waybill/platform/testing'
import Stripe from 'stripe'
import { mockWebhookKey, signMockWebhook } from '../src/gateways/mock.ts'
import { FakeStripe } from './fake-stripe.ts'
import { ledgerOf } from './faulty-gateway.ts'

/** Money that the gateway has moved, as it is told on its side of the network. */
export interface Move {
  operation: PaymentOperation
  amount: number
  key: string
}

type Choice = Pick<EventFacts['order.created'], 'gateway' | 'payment_token'>

export interface OpenedGateway {
  env: Record<string, string>
  /** What an order says to be paid here. */
  approved: Choice
  declined: Choice
  declineCode: string
  /** Where money of a payment was moved, the authorization first. */
  moved(host: TestHost, paymentId: string): Promise<Move[]>
  /** What the gateway would send about a payment, signed as it does. */
  webhook(host: TestHost, paymentId: string): { body: string; headers: Record<string, string> }
  close(): Promise<void>
}

export interface GatewayOfService {
  name: 'mock' | 'stripe'
  open(): Promise<OpenedGateway>
}

export const gatewaysOfService: GatewayOfService[] = [
  {
    name: 'mock',
    open: async () => ({
      env: {},
      approved: { gateway: null, payment_token: 'tok_approve' },
      declined: { gateway: 'mock', payment_token: 'tok_decline' },
      declineCode: 'card_declined',
      moved: async (host, paymentId) =>
        (await ledgerOf(host, paymentId)).map(({ operation, amount, idempotency_key: key }) => ({
          operation,
          amount,
          key,
        })),
      webhook: (host, paymentId) => {
        const body = JSON.stringify({ payment_id: paymentId })
        const timestamp = String(Math.floor(host.clock.now() / 1_000))
        const key = mockWebhookKey(createVault(host.secretKey))
        const signature = signMockWebhook(key, paymentId, timestamp, Buffer.from(body))
        return {
          body,
          headers: { 'webhook-id': paymentId, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
        }
      },
      close: async () => {},
    }),
  },
  {
    name: 'stripe',
    open: async () => {
      const fake = await new FakeStripe().start()
      const secret = 'whsec_of_the_fake'
      return {
        env: { STRIPE_SECRET_KEY: fake.key, STRIPE_API_BASE: fake.url, STRIPE_WEBHOOK_SECRET: secret },
        approved: { gateway: 'stripe', payment_token: 'pm_card_visa' },
        declined: { gateway: 'stripe', payment_token: 'pm_card_chargeDeclined' },
        declineCode: 'generic_decline',
        moved: async (_host, paymentId) => fake.moves.filter(move => move.paymentId === paymentId),
        webhook: (host, paymentId) => {
          const object = { object: 'payment_intent', metadata: { waybill_payment_id: paymentId } }
          const payload = JSON.stringify({ object: 'event', type: 'payment_intent.succeeded', data: { object } })
          const timestamp = Math.floor(host.clock.now() / 1_000)
          const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp })
          return { body: payload, headers: { 'stripe-signature': signature } }
        },
        close: () => fake.stop(),
      }
    },
  },
]

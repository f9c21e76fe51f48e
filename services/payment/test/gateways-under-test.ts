// The gateways that the whole service is tested with: the mock, and Stripe's with a fake of Stripe behind it.
import type { EventFacts, PaymentOperation } from '@waybill/contracts'
import type { TestHost } from '@waybill/platform/testing'
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
      close: async () => {},
    }),
  },
  {
    name: 'stripe',
    open: async () => {
      const fake = await new FakeStripe().start()
      return {
        env: { STRIPE_SECRET_KEY: fake.key, STRIPE_API_BASE: fake.url },
        approved: { gateway: 'stripe', payment_token: 'pm_card_visa' },
        declined: { gateway: 'stripe', payment_token: 'pm_card_chargeDeclined' },
        declineCode: 'generic_decline',
        moved: async (_host, paymentId) => fake.moves.filter(move => move.paymentId === paymentId),
        close: () => fake.stop(),
      }
    },
  },
]

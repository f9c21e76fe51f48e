// What every payment gateway can do, and what it may answer. A new gateway is one file beside this one and one line in the factory.
import type { IncomingHttpHeaders } from 'node:http'
import type { PaymentOperation } from '@waybill/contracts'

/** One step of one payment, as it is told to the gateway. */
export interface GatewayRequest {
  /** However often a request comes with the same key, the gateway does it once. */
  idempotencyKey: string
  paymentId: string
  orderId: string
  /** What the customer pays with; null where they gave nothing. */
  token: string | null
  /** The gateway's reference of the authorization; null when that is what is asked for. */
  authorization: string | null
  /** Minor units. */
  amount: number
  currency: string
}

export type GatewayAnswer =
  | { outcome: 'succeeded'; reference: string }
  /** The gateway said no and will say no again. */
  | { outcome: 'declined'; code: string }
  /** Nothing happened, for certain; it may be tried again. */
  | { outcome: 'failed'; error: string }

/** What a gateway remembers; `never_seen` promises that nothing was done and nothing will be, unless it is asked again. */
export type GatewayMemory = Exclude<GatewayAnswer, { outcome: 'failed' }> | { outcome: 'never_seen' }

/** A step that throws leaves its outcome unknown: it may have happened. */
export type GatewayStep = (request: GatewayRequest, signal: AbortSignal) => Promise<GatewayAnswer>

export interface Gateway extends Record<PaymentOperation, GatewayStep> {
  readonly name: string
  /** What is wrong with a token, in words that follow its field's name; undefined where it will do. */
  refusalOf(token: string): string | undefined
  /** What became of a request. Throws where the gateway cannot tell now. */
  inquire(operation: PaymentOperation, request: GatewayRequest, signal: AbortSignal): Promise<GatewayMemory>
  /** The payment that a genuine webhook is about; undefined where the signature is not the gateway's. */
  verifyWebhook(headers: IncomingHttpHeaders, body: Buffer): { paymentId: string | undefined } | undefined
}

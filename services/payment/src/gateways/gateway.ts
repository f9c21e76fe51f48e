// What every payment gateway can do, and what it may answer. A new gateway is one file beside this one and one line in the factory.
import type { IncomingHttpHeaders } from 'node:http'
import type { PaymentOperation } from '@waybill/contracts'
import type { Settings } from '@waybill/contracts/settings'
import type { Vault } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import type { Database } from '@waybill/platform/db'
import type { Logger } from '@waybill/platform/log'
import type { PaymentTables } from '../models/tables.ts'

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
  /** What the gateway itself gave to `keepReference` for this step, in this try or an earlier one; null where it did not. */
  reference: string | null
  /**
   * Stores what the gateway calls this step, before the call that moves money: by it `inquire` finds the step later, however
   * late. Answers the reference to go on with, another one where somebody was quicker; throws where the step has ended meanwhile.
   */
  keepReference(reference: string): Promise<string>
  /** How many tries of this step were answered before this one: nothing came of them. */
  triedBefore: number
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
  /** What is wrong with a token (null: there is none), in words that follow its field's name; undefined where it will do. */
  refusalOf(token: string | null): string | undefined
  /** What became of a request. Throws where the gateway cannot tell now. */
  inquire(operation: PaymentOperation, request: GatewayRequest, signal: AbortSignal): Promise<GatewayMemory>
  /** The payment that a genuine webhook is about; undefined where the signature is not the gateway's. */
  verifyWebhook(headers: IncomingHttpHeaders, body: Buffer): { paymentId: string | undefined } | undefined
}

/** What the process gives to every gateway. */
export interface GatewayContext {
  settings: Settings
  clock: Clock
  log: Logger
  vault: Vault
  database: Database<PaymentTables>
  /** Chance, from 0 to 1, without 1. */
  random: () => number
}

/** What a gateway's file exports as `openGateway`. */
export type OpenGateway = (context: GatewayContext) => Gateway

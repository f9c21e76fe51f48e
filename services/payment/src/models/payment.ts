// The money side of one order.
import type { OrderCreated, Payment, PaymentFact, PaymentMode, PaymentState, Role } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import { uuidv7 } from 'uuidv7'
import { type AttemptRow, presentAttempt } from './attempt.ts'

/** What is to be reached; `void` means that no money may stay with us, whatever it takes. */
export type Wanted = 'authorize' | 'capture' | 'void'

export interface PaymentRow {
  id: string
  order_id: string
  process_id: string | null
  user_id: string
  cloud: string
  gateway: string
  token: string | null
  payment_mode: PaymentMode
  state: PaymentState
  wanted: Wanted | null
  amount: number
  currency: string
  refunded_amount: number
  /** What refunds under way will give back; never more than what is left together with what was given back. */
  refund_reserved: number
  decline_code: string | null
  /** The request that set off what is wanted now: the gateway's answer, late as it may be, belongs to it. */
  request_id: string
  /** The trace of that request, W3C Trace Context; null in payments from before it was kept. */
  traceparent: string | null
  version: number
  created_at: number
  updated_at: number
}

export interface PaymentWithAttempts {
  payment: PaymentRow
  /** All of them, oldest first. */
  attempts: AttemptRow[]
}

/** What a payment must know of its order. */
export type OrderFacts = Pick<
  OrderCreated,
  'order_id' | 'process_id' | 'user_id' | 'cloud' | 'amount' | 'currency' | 'payment_mode'
> & { gateway?: string | null; payment_token?: string | null }

/** A payment as it begins: pending, nothing wanted yet. */
export function newPayment(
  order: OrderFacts,
  now: number,
  preferredGateway: string,
  origin: Pick<PaymentRow, 'request_id' | 'traceparent'>,
): PaymentRow {
  return {
    id: uuidv7(),
    order_id: order.order_id,
    process_id: order.process_id,
    user_id: order.user_id,
    cloud: order.cloud,
    gateway: order.gateway ?? preferredGateway,
    token: order.payment_token ?? null,
    payment_mode: order.payment_mode,
    state: 'pending',
    wanted: null,
    amount: order.amount,
    currency: order.currency,
    refunded_amount: 0,
    refund_reserved: 0,
    decline_code: null,
    ...origin,
    version: 1,
    created_at: now,
    updated_at: now,
  }
}

/** What could still be given back, refunds under way aside. */
export function leftToRefund(payment: PaymentRow): number {
  return payment.amount - payment.refunded_amount - payment.refund_reserved
}

/** What events say of a payment; `amount` where it is not the whole. */
export function paymentFact(payment: PaymentRow, amount = payment.amount): PaymentFact {
  return {
    payment_id: payment.id,
    order_id: payment.order_id,
    user_id: payment.user_id,
    amount,
    currency: payment.currency,
  }
}

export function presentPayment({ payment: row, attempts }: PaymentWithAttempts): Payment {
  return {
    id: row.id,
    order_id: row.order_id,
    user_id: row.user_id,
    cloud: row.cloud,
    gateway: row.gateway,
    state: row.state,
    amount: row.amount,
    currency: row.currency,
    refunded_amount: row.refunded_amount,
    verdict: verdictOf(row, attempts),
    decline_code: row.decline_code,
    attempts: attempts.map(presentAttempt),
    created_at: rfc3339(row.created_at),
    updated_at: rfc3339(row.updated_at),
  }
}

/** Confirmed once and for all when the money was ever reserved, whatever became of it later. */
function verdictOf(row: PaymentRow, attempts: AttemptRow[]): Payment['verdict'] {
  if (row.state === 'declined') return 'declined'
  const authorized = attempts.some(attempt => attempt.operation === 'authorize' && attempt.outcome === 'succeeded')
  return authorized ? 'confirmed' : null
}

/** An operator reads everything, a customer what is theirs. */
export function mayRead(caller: { user_id: string; role: Role }, payment: PaymentRow): boolean {
  return caller.role === 'operator' || caller.user_id === payment.user_id
}

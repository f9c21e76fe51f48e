// A payment as the payment service would show it, for the tests that read it from there.
import type { Payment, PaymentAttempt, PaymentState } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import type { Placed } from './an-order-and-its-events.ts'

export function attempt(it: Partial<PaymentAttempt> & Pick<PaymentAttempt, 'operation'>): PaymentAttempt {
  return {
    id: uuidv7(),
    outcome: 'succeeded',
    amount: 100,
    gateway_reference: null,
    error: null,
    inquiries: 0,
    request_id: null,
    at: new Date().toISOString(),
    ...it,
  }
}

export function payment({ order }: Placed, state: PaymentState, attempts: PaymentAttempt[] = []): Payment {
  const now = new Date().toISOString()
  return {
    id: uuidv7(),
    order_id: order.id,
    user_id: order.user_id,
    cloud: order.cloud,
    gateway: 'mock',
    state,
    amount: order.amount,
    currency: order.currency,
    refunded_amount: 0,
    verdict: null,
    decline_code: null,
    attempts,
    created_at: now,
    updated_at: now,
  }
}

// One attempt to move money. It is stored before the gateway is called, so that no call can be forgotten.
import type { AttemptOutcome, PaymentAttempt, PaymentOperation } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import { uuidv7 } from 'uuidv7'

export interface AttemptRow {
  id: string
  payment_id: string
  operation: PaymentOperation
  /** `unknown` from the start until the gateway's answer is recorded: the attempt is open. */
  outcome: AttemptOutcome
  amount: number
  /** Why, where a person gave a reason: refunds. */
  reason: string | null
  idempotency_key: string
  gateway_reference: string | null
  error: string | null
  /** 1 once its answer was lost: nobody but the gateway knows what happened. */
  lost: number
  /** How often the gateway was asked, and did not say, since its answer was lost. */
  inquiries: number
  /** The request that led to it; null for attempts from before this was kept. */
  request_id: string | null
  at: number
}

/**
 * A new, open attempt. Its idempotency key is one for all attempts of the same step, so that the step happens once however
 * often it is tried; each refund is a step of its own.
 */
export function newAttempt(
  payment: { id: string },
  {
    operation,
    amount,
    reason,
    requestId,
    now,
  }: { operation: PaymentOperation; amount: number; reason?: string; requestId: string | null; now: number },
): AttemptRow {
  const id = uuidv7()
  return {
    id,
    payment_id: payment.id,
    operation,
    outcome: 'unknown',
    amount,
    reason: reason ?? null,
    idempotency_key: operation === 'refund' ? id : `${payment.id}:${operation}`,
    gateway_reference: null,
    error: null,
    lost: 0,
    inquiries: 0,
    request_id: requestId,
    at: now,
  }
}

export function presentAttempt(row: AttemptRow): PaymentAttempt {
  return {
    id: row.id,
    operation: row.operation,
    outcome: row.outcome,
    amount: row.amount,
    gateway_reference: row.gateway_reference,
    error: row.error,
    inquiries: row.inquiries,
    request_id: row.request_id,
    at: rfc3339(row.at),
  }
}

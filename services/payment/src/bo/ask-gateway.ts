// Carries one open attempt to the gateway: first asks what became of it, where that is not certain, and calls only for what was never seen.
import type { Logger } from '@waybill/platform/log'
import { TimeoutStrategy, timeout } from 'cockatiel'
import type { Gateways } from '../gateways/factory.ts'
import type { Gateway, GatewayAnswer, GatewayRequest } from '../gateways/gateway.ts'
import type { AttemptRow } from '../models/attempt.ts'
import type { PaymentRow, PaymentWithAttempts } from '../models/payment.ts'
import type { FreshAttempts } from './fresh-attempts.ts'
import type { KeepReference } from './keep-reference.ts'

interface Needs {
  gateways: Gateways
  fresh: FreshAttempts
  keepReference: KeepReference
  /** How long a gateway may take to answer, milliseconds. */
  patience: number
  log: Logger
}

/** What is known after the gateway was asked. */
export type Answered =
  | GatewayAnswer
  /** It may have happened. */
  | { outcome: 'unknown'; error: string }
  /** The service stops: whoever goes on asks the gateway first. */
  | { outcome: 'interrupted' }

export type AskGateway = ReturnType<typeof createAskGateway>

export function createAskGateway({ gateways, fresh, keepReference, patience, log }: Needs) {
  const inTime = timeout(patience, TimeoutStrategy.Aggressive)

  return async (of: PaymentWithAttempts, attempt: AttemptRow, stopping: AbortSignal): Promise<Answered> => {
    const gateway = gateways.find(of.payment.gateway)
    if (!gateway) return { outcome: 'unknown', error: `the gateway ${of.payment.gateway} is not set up` }
    try {
      return await inTime.execute(({ signal }) => ask(gateway, of, attempt, signal), stopping)
    } catch (error) {
      if (stopping.aborted) return { outcome: 'interrupted' }
      log.warn({ err: error, payment_id: of.payment.id, attempt_id: attempt.id }, "a gateway's answer was lost")
      return { outcome: 'unknown', error: "the gateway's answer was lost" }
    }
  }

  async function ask(
    gateway: Gateway,
    of: PaymentWithAttempts,
    attempt: AttemptRow,
    signal: AbortSignal,
  ): Promise<GatewayAnswer> {
    const request = requestFor(of, attempt)
    const isUntouched = fresh.take(attempt.id)
    if (isUntouched && isCalledOff(of.payment, attempt)) {
      return { outcome: 'failed', error: 'called off before the gateway was called' }
    }
    const memory = isUntouched ? undefined : await gateway.inquire(attempt.operation, request, signal)
    if (memory && memory.outcome !== 'never_seen') return memory
    // Not seen yet is not never: the call of a worker that stalled or was killed may still arrive. Under the same key it is one
    // with ours, and what comes of it is known and can be undone.
    return gateway[attempt.operation](request, signal)
  }

  function requestFor({ payment, attempts }: PaymentWithAttempts, attempt: AttemptRow): GatewayRequest {
    const authorization = attempts.find(
      ({ operation, outcome }) => operation === 'authorize' && outcome === 'succeeded',
    )
    const tries = attempts.filter(({ idempotency_key }) => idempotency_key === attempt.idempotency_key)
    return {
      idempotencyKey: attempt.idempotency_key,
      paymentId: payment.id,
      orderId: payment.order_id,
      token: payment.token,
      authorization: authorization?.gateway_reference ?? null,
      reference: tries.findLast(({ gateway_reference }) => gateway_reference !== null)?.gateway_reference ?? null,
      keepReference: reference => keepReference(payment.order_id, attempt.id, reference),
      triedBefore: tries.filter(({ outcome }) => outcome !== 'unknown').length,
      amount: attempt.amount,
      currency: payment.currency,
    }
  }
}

/** The order was cancelled meanwhile. */
function isCalledOff({ wanted }: PaymentRow, { operation }: AttemptRow): boolean {
  return wanted === 'void' && (operation === 'authorize' || operation === 'capture')
}

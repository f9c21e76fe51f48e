// A step of a payment as the service would ask a gateway for it.
import { uuidv7 } from 'uuidv7'
import type { GatewayRequest } from '../src/gateways/gateway.ts'

/** Of a new payment, with a key that was never used; what is kept of it is known to whoever asks with it again. */
export function newRequest(facts: Partial<GatewayRequest> = {}): GatewayRequest {
  const request: GatewayRequest = {
    idempotencyKey: uuidv7(),
    paymentId: uuidv7(),
    orderId: uuidv7(),
    token: null,
    authorization: null,
    reference: null,
    keepReference: async reference => {
      request.reference ??= reference
      return request.reference
    },
    triedBefore: 0,
    amount: 300,
    currency: 'USD',
    ...facts,
  }
  return request
}

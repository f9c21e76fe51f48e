// For whoever receives callbacks: whether one is Waybill's, and what it says (Standard Webhooks 1.0, CloudEvents 1.0).
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import type { Process } from './models.ts'
import { WaybillError } from './waybill-error.ts'

/** The structured CloudEvent of a callback. */
export interface ProcessFinished {
  specversion: '1.0'
  /** The same at every attempt: what was seen before may be dropped. */
  id: string
  source: string
  type: 'waybill.process.finished'
  subject: string
  time: string
  data: Process
}

export type CallbackHeaders = Headers | Record<string, string | string[] | undefined>

/**
 * Verifies a callback and answers its event. `body` is the text as it arrived, not parsed and written again; `secrets` are those
 * of `client.callbacks.secret()`, the old one too for a day after a rotation. Throws a WaybillError, CALLBACK_REFUSED, where no
 * secret fits or the timestamp is more than five minutes from now: answer it 400, and a good one 2xx within 10 s.
 */
export function verifyCallback(headers: CallbackHeaders, body: string, secrets: string | string[]): ProcessFinished {
  const plain = plainHeaders(headers)
  let refusal: unknown
  for (const secret of [secrets].flat()) {
    try {
      return new Webhook(secret).verify(body, plain) as ProcessFinished
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      refusal = error
    }
  }
  const why = refusal instanceof Error ? refusal.message : 'there is no secret to verify it with'
  throw new WaybillError({ code: 'CALLBACK_REFUSED', message: `the callback is refused: ${why}`, cause: refusal })
}

function plainHeaders(headers: CallbackHeaders): Record<string, string> {
  const entries = headers instanceof Headers ? [...headers] : Object.entries(headers)
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), [value ?? ''].flat().join(' ')]))
}

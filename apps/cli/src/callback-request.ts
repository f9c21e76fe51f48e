// The callback about a finished process, made here instead of by the server: the same CloudEvent, signed by the same secret.
import type { Process } from '@waybill/sdk'
import { Webhook } from 'standardwebhooks'

export interface CallbackRequest {
  headers: Record<string, string>
  body: string
}

/**
 * A structured CloudEvent 1.0 and the headers of Standard Webhooks 1.0. The webhook-id is the process's: the same however often we listen, so
 * that the receiver can tell a repetition.
 */
export function callbackRequest(process: Process, secret: string, requestId: string): CallbackRequest {
  const id = process.process_id
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source: '/waybill/order',
    type: 'waybill.process.finished',
    subject: process.order_id,
    time: process.finished_at,
    datacontenttype: 'application/json',
    requestid: requestId,
    data: process,
  })
  const now = new Date()
  return {
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, now, body),
      'Content-Type': 'application/cloudevents+json; charset=utf-8',
      'User-Agent': 'Waybill-Callback/1',
      'X-Request-Id': requestId,
    },
  }
}

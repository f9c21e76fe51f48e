// Makes one attempt to call back: a signed CloudEvent, sent to where its owner wants it and nowhere else.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Clock } from '@waybill/platform/clock'
import { currentContext, tracedCall } from '@waybill/platform/log'
import { Webhook } from 'standardwebhooks'
import type { CallbackRow } from '../models/callback.ts'
import type { CallbackAddress } from './callback-address.ts'
import type { FindCallbackSecret } from './find-callback-secret.ts'

interface Needs {
  callbackAddress: CallbackAddress
  findCallbackSecret: FindCallbackSecret
  clock: Clock
  /** How long the receiver may take to answer. */
  timeoutMilliseconds: number
}

export interface CallbackOutcome {
  statusCode: number | null
  error: string | null
}

/** An answer is of no interest beyond its status: so much of it is read to be polite, then the connection is cut. */
const readAtMostBytes = 65_536
const errorAtMost = 500

export type PostCallback = ReturnType<typeof createPostCallback>

export function createPostCallback({ callbackAddress, findCallbackSecret, clock, timeoutMilliseconds }: Needs) {
  async function signed(callback: CallbackRow, body: string): Promise<Record<string, string>> {
    const { current, earlier } = await findCallbackSecret(callback.user_id)
    const now = new Date(clock.now())
    const signatures = [current, ...earlier].map(secret => new Webhook(secret).sign(callback.webhook_id, now, body))
    return {
      'webhook-id': callback.webhook_id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signatures.join(' '),
    }
  }

  function post(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const request = url.protocol === 'https:' ? requestHttps : requestHttp
      // Redirects are not followed: node:http does not know how. No agent: a connection is never used twice, so every
      // address is judged when it is used.
      const sending = request(url, { method: 'POST', agent: false, headers, lookup: callbackAddress.lookup, signal })
      sending.on('error', reject)
      // A connection may end without an answer and without an error (101 Switching Protocols).
      sending.on('close', () => reject(new Error('the connection was closed without an answer')))
      sending.on('response', response => {
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > readAtMostBytes) response.destroy()
        })
        response.on('error', () => {})
        resolve(response.statusCode!)
      })
      sending.end(body)
    })
  }

  /** Rejects only when `stopping` ends it: nobody knows then whether it arrived. */
  return async (callback: CallbackRow, body: string, stopping: AbortSignal): Promise<CallbackOutcome> => {
    const url = new URL(callback.url)
    const problem = callbackAddress.whatIsWrongWithForm(url)
    if (problem !== undefined) return { statusCode: null, error: `the URL ${problem}` }
    const headers = {
      ...(await signed(callback, body)),
      'Content-Type': 'application/cloudevents+json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'User-Agent': 'Waybill-Callback/1',
      'X-Request-Id': callback.request_id,
    }
    const timeout = AbortSignal.timeout(timeoutMilliseconds)
    const signal = AbortSignal.any([timeout, stopping])
    try {
      return await tracedCall(
        () => ({ method: 'POST', peer: 'callback', url: url.origin }),
        async () => {
          const statusCode = await post(url, { ...headers, traceparent: currentContext()!.traceparent }, body, signal)
          return { statusCode, error: errorOf(statusCode) }
        },
        ({ statusCode, error }) => ({ status: statusCode, error }),
      )
    } catch (error) {
      if (stopping.aborted) throw error
      const late = `no answer within ${timeoutMilliseconds / 1_000} s`
      return { statusCode: null, error: (timeout.aborted ? late : messageOf(error)).slice(0, errorAtMost) }
    }
  }
}

function errorOf(statusCode: number): string | null {
  if (statusCode >= 200 && statusCode < 300) return null
  if (statusCode >= 300 && statusCode < 400) return `answered ${statusCode}: redirects are not followed`
  return `answered ${statusCode}`
}

/** A connection that failed at every address of a host has its errors inside. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

// Events as Lambda hands them over, and a context whose time runs.
import type { AnyCloudEvent } from '@waybill/contracts'
import type { HttpEvent, LambdaContext, SqsEvent } from '../src/lambda-events.ts'

export function contextOf(milliseconds: number): LambdaContext {
  const end = performance.now() + milliseconds
  return { awsRequestId: 'test', getRemainingTimeInMillis: () => end - performance.now() }
}

interface Sent {
  headers?: Record<string, string>
  body?: unknown
  cookies?: string[]
}

/** `httpEvent('GET /orders?limit=1', …)` in payload format 2.0. */
export function httpEvent(verbAndPath: string, { headers = {}, body, cookies }: Sent = {}): HttpEvent {
  const [method, target] = verbAndPath.split(' ') as [string, string]
  const [rawPath, rawQueryString = ''] = target.split('?') as [string, string?]
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  return {
    version: '2.0',
    rawPath,
    rawQueryString,
    headers: {
      host: 'api.example.com',
      'x-forwarded-for': '203.0.113.7',
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(text.length) }),
      ...headers,
    },
    ...(cookies ? { cookies } : {}),
    ...(text === undefined ? {} : { body: text }),
    isBase64Encoded: false,
    requestContext: { http: { method } },
  }
}

export function sqsEvent(queue: string, events: (AnyCloudEvent | string)[]): SqsEvent {
  return {
    Records: events.map((event, at) => ({
      messageId: `message-${at}`,
      body: typeof event === 'string' ? event : JSON.stringify(event),
      eventSourceARN: `arn:aws:sqs:eu-central-1:123456789012:${queue}`,
    })),
  }
}

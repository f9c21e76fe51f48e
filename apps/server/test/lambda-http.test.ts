// Requests that come as events of API Gateway: carried to the services as they are, answered within what Lambda can carry and in its time.
import { createLogger } from '@waybill/platform/log'
import { startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { containerOf } from '../src/lambda-container.ts'
import { createHttpHandler, type HttpHandler } from '../src/lambda-http.ts'
import { contextOf, httpEvent } from './lambda-events.ts'
import { mirrorService } from './mirror-service.ts'

let host: TestHost
let handle: HttpHandler
const done: string[] = []

beforeAll(async () => {
  host = await startService([mirrorService({ done, ring: async () => {} })], { onDemand: true })
  handle = createHttpHandler(containerOf(host, createLogger({ name: 'test', level: 'silent' })))
})
afterAll(() => host?.stop())

const ask = async (
  verbAndPath: string,
  sent: Parameters<typeof httpEvent>[1] & { milliseconds?: number } = {},
): Promise<{ status: number; headers: Record<string, string>; text: string; bytes: Buffer }> => {
  const answer = await handle(httpEvent(verbAndPath, sent), contextOf(sent.milliseconds ?? 29_000))
  const bytes = Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8')
  return { status: answer.statusCode, headers: answer.headers, text: bytes.toString(), bytes }
}

describe('a request', () => {
  test('arrives with its query, headers, cookies and body, and its id goes through', async () => {
    const { status, headers, text } = await ask('POST /mirror?a=1&b=%C3%A4', {
      headers: { 'x-request-id': 'mine-1', authorization: 'Bearer x' },
      cookies: ['a=1', 'b=2'],
      body: { name: 'Zoë' },
    })
    expect([status, headers['x-request-id']]).toEqual([200, 'mine-1'])
    expect(JSON.parse(text)).toMatchObject({
      request_id: 'mine-1',
      data: {
        body: { name: 'Zoë' },
        query: { a: '1', b: 'ä' },
        headers: { cookie: 'a=1; b=2', authorization: 'Bearer x', 'x-forwarded-for': '203.0.113.7' },
      },
    })
  })

  test('may name its service before the path, as services do among themselves', async () => {
    expect((await ask('POST /services/order/mirror', { body: {} })).status).toBe(200)
    const { status, text } = await ask('GET /services/order/nowhere')
    expect([status, JSON.parse(text).instance]).toEqual([404, '/nowhere'])
  })

  test('with a body in base64 is unpacked', async () => {
    const event = httpEvent('POST /mirror', { body: { a: 1 } })
    const packed = { ...event, body: Buffer.from(event.body!).toString('base64'), isBase64Encoded: true }
    const { statusCode, body } = await handle(packed, contextOf(29_000))
    expect([statusCode, JSON.parse(body).data.body]).toEqual([200, { a: 1 }])
  })

  test('that is refused gets its problem document, whatever stands in its path', async () => {
    for (const path of ['/nowhere', '/ünknown']) {
      const { status, headers } = await ask(`GET ${path}`)
      expect([status, headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8'])
    }
  })

  test('whose work is due at once is answered when that is done and published', async () => {
    host.broker.published.length = 0
    expect((await ask('POST /ring')).status).toBe(200)
    expect(done).toEqual(['by request'])
    expect(host.broker.published.map(({ type }) => type)).toEqual(['order.delivered'])
    expect(await host.query('order', 'select * from outbox')).toEqual([])
  })
})

describe('an answer', () => {
  test('that is no text is base64', async () => {
    const { status, bytes } = await ask('GET /binary')
    expect([status, [...bytes]]).toEqual([200, [0, 255, 254, 128]])
  })

  test('as large as Lambda carries comes whole; a larger one is refused with what to do instead', async () => {
    expect((await ask('GET /file/4500000')).bytes.length).toBe(4_500_000)
    const { status, headers, text } = await ask('GET /file/4500001', { headers: { 'x-request-id': 'big-1' } })
    expect([status, headers['x-request-id']]).toEqual([406, 'big-1'])
    expect(JSON.parse(text)).toMatchObject({
      code: 'NOT_ACCEPTABLE',
      instance: '/file/4500001',
      detail: expect.stringContaining('Range: bytes=0-4499999'),
    })
  })

  test('to HEAD tells the length of what is too large', async () => {
    const { status, headers } = await ask('HEAD /file/9000000')
    expect([status, headers['content-length']]).toEqual([200, '9000000'])
  })

  test('that is a stream of events has what came until time runs out, and ends', async () => {
    const { status, headers, text } = await ask('GET /ticks', { milliseconds: 800 })
    expect([status, headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8'])
    expect(text).toBe('event: tick\ndata: 1\n\n')
  })

  test('that does not come in time is a refusal that may be tried again', async () => {
    const context = contextOf(800)
    const { statusCode, body, headers } = await handle(httpEvent('GET /silence'), context)
    expect([statusCode, JSON.parse(body).code, headers['Retry-After']]).toEqual([503, 'DEPENDENCY_UNAVAILABLE', '2'])
    expect(context.getRemainingTimeInMillis()).toBeGreaterThan(0)
  })

  test('is waited for no longer than the invocation lasts, whatever is preferred', async () => {
    const { text } = await ask('POST /mirror', { body: {}, headers: { prefer: 'wait=60' }, milliseconds: 29_000 })
    expect(JSON.parse(text).data.headers.prefer).toBe('wait=20')
  })
})

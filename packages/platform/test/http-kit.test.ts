// What all services have in common over HTTP: request ids, refusals, limits, signing in, CORS, health.
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, startService, type TestHost, until } from '../src/testing/index.ts'
import { echoService } from './echo-service.ts'

let host: TestHost
let token: string
const id = '01890a5d-ac96-774b-bcce-b302099a8057'

async function start(env: Record<string, string> = {}): Promise<void> {
  host = await startService([echoService()], { env })
  token = host.users.signIn().token
}
afterEach(() => host.stop())

describe('with default settings', () => {
  beforeEach(() => start())

  test.each(['abc', 'a.b_c-D9', 'x'.repeat(128)])(
    "a caller's request id %s comes back, in header and body",
    async requestId => {
      const { headers, body } = await call(host.url, 'GET /notes/latest', { headers: { 'X-Request-Id': requestId } })
      expect(headers.get('x-request-id')).toBe(requestId)
      expect(body.request_id).toBe(requestId)
    },
  )

  test.each(['', 'a b', 'x'.repeat(129), '<script>', '"'])(
    'a request id %j that is not well-formed is replaced',
    async requestId => {
      const { headers } = await call(host.url, 'GET /nowhere', { headers: { 'X-Request-Id': requestId } })
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    },
  )

  test('success is an envelope', async () => {
    const { status, text, headers } = await call(host.url, 'GET /notes/latest', { headers: { 'X-Request-Id': 'r1' } })
    expect(status).toBe(200)
    expect(text).toBe('{"request_id":"r1","data":"latest"}')
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  test('a refusal is a problem document with a code from the catalogue', async () => {
    const { status, headers, body } = await call(host.url, 'GET /nowhere?x=1', { headers: { 'X-Request-Id': 'r1' } })
    expect(status).toBe(404)
    expect(headers.get('content-type')).toMatch('application/problem+json')
    expect(body).toEqual({
      type: 'urn:waybill:error:route-not-found',
      title: 'There is nothing at this path',
      status: 404,
      detail: expect.stringContaining('/nowhere'),
      instance: '/nowhere',
      code: 'ROUTE_NOT_FOUND',
      request_id: 'r1',
      retryable: false,
    })
  })

  test.each([
    ['not JSON', '{"text":', {}, 400, 'MALFORMED_JSON'],
    ['nothing at all', '', {}, 400, 'VALIDATION_FAILED'],
    ['a bare word', '"text"', {}, 400, 'VALIDATION_FAILED'],
    ['null', 'null', {}, 400, 'VALIDATION_FAILED'],
    ['a list', '[]', {}, 400, 'VALIDATION_FAILED'],
    ['a form', 'text=1', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['JSON by another name', '{"text":"a"}', { 'Content-Type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'JSON in another alphabet',
      '{"text":"a"}',
      { 'Content-Type': 'application/json; charset=latin1' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['an unknown packing', '{"text":"a"}', { 'Content-Encoding': 'lzw' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0x74, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, 400, 'MALFORMED_JSON'],
    ['a broken packing', '{"text":"a"}', { 'Content-Encoding': 'gzip' }, 400, 'MALFORMED_REQUEST'],
    ['a byte too many', JSON.stringify({ text: 'x'.repeat(102_401 - 11) }), {}, 413, 'PAYLOAD_TOO_LARGE'],
    ['a number for a text', '{"text":1}', {}, 400, 'VALIDATION_FAILED'],
    ['a field nobody knows', '{"text":"a","x":1}', {}, 400, 'VALIDATION_FAILED'],
    ['a prototype', '{"text":"a","__proto__":{"admin":true}}', {}, 400, 'VALIDATION_FAILED'],
  ])('a body that is %s is refused: %#', async (_what, body, headers, status, code) => {
    const reply = await call(host.url, 'POST /notes', {
      token,
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    })
    expect([reply.status, reply.body.code]).toEqual([status, code])
  })

  test('a body of exactly the limit is read, and one that unpacks to more is refused', async () => {
    const atLimit = JSON.stringify({ text: 'x'.repeat(102_400 - 11) })
    expect(Buffer.byteLength(atLimit)).toBe(102_400)
    const reply = await call(host.url, 'POST /notes', { token, body: atLimit })
    expect(reply.body.errors).toEqual([{ field: 'text', message: expect.stringContaining('100') }])
    const packed = await fetch(`${host.url}/notes`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ text: 'x'.repeat(1_000_000) })),
    })
    expect(packed.status).toBe(413)
  })

  test('every bad field is named, deep ones by their path', async () => {
    const { body } = await call(host.url, 'POST /notes', {
      token,
      body: { tags: [{ name: 'a' }, { name: 1, x: 2 }], y: 3 },
    })
    expect(body.errors?.map(error => error.field).sort()).toEqual(['tags[1].name', 'tags[1].x', 'text', 'y'])
  })

  test('parameters are checked like bodies', async () => {
    expect((await call(host.url, `GET /notes/${id}?limit=7&other=1`)).body.data).toEqual({ id, limit: 7 })
    for (const path of [
      '/notes/not-an-id',
      `/notes/${id}?limit=0`,
      `/notes/${id}?limit=101`,
      `/notes/${id}?limit=1&limit=2`,
      `/notes/${id}?limit=1e1x`,
    ]) {
      expect((await call(host.url, `GET ${path}`)).body.code).toBe('VALIDATION_FAILED')
    }
    expect((await call(host.url, 'GET /notes/%E0%A4%A')).status).toBe(400)
  })

  test('a known path with another verb says which verbs there are', async () => {
    const { status, headers, body } = await call(host.url, 'DELETE /notes/latest')
    expect([status, body.code, headers.get('allow')]).toEqual([405, 'METHOD_NOT_ALLOWED', 'GET, HEAD'])
  })

  test('HEAD answers like GET, without the body', async () => {
    const response = await fetch(`${host.url}/notes/latest`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
  })

  test('an operation without a body refuses one that says something', async () => {
    expect((await call(host.url, 'POST /broken', { body: { force: true } })).body.errors).toEqual([
      { field: 'force', message: 'is not allowed' },
    ])
  })

  test('our own failure is a 500 that tells nothing about us', async () => {
    const { status, text } = await call(host.url, 'POST /broken', { body: {} })
    expect(status).toBe(500)
    expect(text).not.toMatch(/secret|table|Error:|at /)
  })

  test.each([
    ['no token', undefined],
    ['an unknown token', 'Bearer nonsense'],
    ['another scheme', 'Basic YTpi'],
    ['an empty token', 'Bearer '],
    ['strange bytes', 'Bearer \xff\xfe'],
  ])('%s is not authenticated', async (_what, authorization) => {
    const { status, headers, body } = await call(host.url, 'POST /notes', {
      headers: authorization ? { Authorization: authorization } : {},
    })
    expect([status, body.code, headers.get('www-authenticate')]).toEqual([401, 'NOT_AUTHENTICATED', 'Bearer'])
  })

  test('an operator path is forbidden to customers and open to operators', async () => {
    expect((await call(host.url, 'GET /operators-only', { token })).status).toBe(403)
    expect(
      (await call(host.url, 'GET /operators-only', { token: host.users.signIn({ role: 'operator' }).token })).status,
    ).toBe(200)
  })

  test('who signs out is refused within five seconds, and at once when the process hears of it', async () => {
    const { token: other, principal } = host.users.signIn({ role: 'operator' })
    const status = async (which: string) => (await call(host.url, 'GET /operators-only', { token: which })).status
    expect(await status(other)).toBe(200)
    host.users.signOut(other)
    host.clock.advance(5_000)
    expect(await status(other)).toBe(401)
    const again = host.users.signIn({ role: 'operator', session_id: principal.session_id })
    expect(await status(again.token)).toBe(200)
    host.users.signOut(again.token)
    await host.broker.send('session.revoked', principal.session_id, {
      session_id: principal.session_id,
      user_id: principal.user_id,
    })
    expect(await status(again.token)).toBe(401)
  })

  test('an answer kept for a token never outlives it', async () => {
    const { token: short } = host.users.signIn({ role: 'operator', expires_at: host.clock.now() + 1_000 })
    expect((await call(host.url, 'GET /operators-only', { token: short })).status).toBe(200)
    host.users.signOut(short)
    host.clock.advance(1_001)
    expect((await call(host.url, 'GET /operators-only', { token: short })).status).toBe(401)
  })

  test('security headers stand on every answer and none says what we are built with', async () => {
    for (const path of ['/notes/latest', '/nowhere', '/healthz']) {
      const { headers } = await call(host.url, `GET ${path}`)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  test('no other origin is let in by default', async () => {
    const { headers } = await call(host.url, 'GET /notes/latest', { headers: { Origin: 'https://evil.example' } })
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  test('a stream of events ends when the caller signs out', async () => {
    const response = await fetch(`${host.url}/ticks`, { headers: { Authorization: `Bearer ${token}` } })
    expect(response.headers.get('content-type')).toMatch('text/event-stream')
    host.users.signOut(token)
    host.clock.advance(5_000)
    expect(await response.text()).toBe('event: tick\ndata: 1\n\n')
  })

  test('bytes that are no HTTP get a 400, and the server lives on', async () => {
    const port = Number(new URL(host.url).port)
    const answer = await new Promise<string>(resolve => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () => socket.end('rubbish\r\n\r\n'))
      socket.on('data', chunk => (text += chunk)).on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*X-Request-Id: [\s\S]*"code":"MALFORMED_REQUEST"/)
    expect((await call(host.url, 'GET /healthz')).status).toBe(200)
  })

  test('health, readiness and metrics answer to everybody', async () => {
    expect((await call(host.url, 'GET /healthz')).body).toEqual({ status: 'ok' })
    expect((await call(host.url, 'GET /readyz')).body).toEqual({
      status: 'ready',
      dependencies: { database: { status: 'up' }, broker: { status: 'up' } },
    })
    const { text, headers } = await call(host.url, 'GET /metrics')
    expect(headers.get('content-type')).toMatch('text/plain')
    expect(text).toMatch(/waybill_http_request_duration_seconds_count\{.*route="\/healthz".*\} 1/)
    expect(text).toMatch('waybill_dead_letters{service="order"} 0')
  })

  test('a broker out of reach makes the process not ready', async () => {
    host.broker.ping = async () => {
      throw new Error('gone')
    }
    const { status, body } = await call(host.url, 'GET /readyz')
    expect(status).toBe(503)
    expect(body).toMatchObject({ status: 'not_ready', dependencies: { broker: { status: 'down' } } })
  })
})

describe('with an Idempotency-Key', () => {
  beforeEach(() => start())
  const post = (key: string, body: unknown, as = token) =>
    call(host.url, 'POST /notes', { token: as, body, headers: { 'Idempotency-Key': key } })

  test('the second request gets the first answer byte for byte, under its own request id', async () => {
    const first = await post('k1', { text: 'a', tags: [{ name: 'x' }] })
    const second = await post('k1', '{"tags":[{"name":"x"}],  "text":"a"}')
    expect(second.text).toBe(first.text)
    expect([first.status, second.status]).toEqual([202, 202])
    expect(second.headers.get('idempotency-replayed')).toBe('true')
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(second.headers.get('location')).toBe('/notes/1')
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'))
  })

  test('another body is refused, another user and another key are other requests', async () => {
    const first = await post('k1', { text: 'a' })
    const reused = await post('k1', { text: 'b' })
    expect([reused.status, reused.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    const others = [await post('k2', { text: 'a' }), await post('k1', { text: 'a' }, host.users.signIn().token)]
    for (const other of others) expect(other.text).not.toBe(first.text)
  })

  test('many at once have one effect; the others are told to wait or get its answer', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => post('k1', { text: 'once' })))
    const done = replies.filter(reply => reply.status === 202)
    expect(new Set(done.map(reply => reply.text)).size).toBe(1)
    for (const reply of replies) expect([202, 409]).toContain(reply.status)
    for (const reply of replies.filter(({ status }) => status === 409))
      expect(reply.body.code).toBe('IDEMPOTENCY_IN_PROGRESS')
    expect((await post('k1', { text: 'once' })).text).toBe(done[0]!.text)
  })

  test('a refusal that stands is kept, bad input is not', async () => {
    const refused = await post('k1', { text: 'refuse' })
    const again = await post('k1', { text: 'refuse' })
    expect([refused.status, again.text]).toEqual([409, refused.text])
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect((await post('k2', { text: 1 })).status).toBe(400)
    expect((await post('k2', { text: 'now right' })).status).toBe(202)
  })

  test('it is remembered over a restart and forgotten after a day', async () => {
    const first = await post('k1', { text: 'a' })
    const users = host.users
    host = await host.restart()
    const as = host.users.signIn(await principalOf(users, token)).token
    expect((await post('k1', { text: 'a' }, as)).text).toBe(first.text)
    host.clock.advance(24 * 3_600_000 + 1)
    const later = await post('k1', { text: 'a' }, as)
    expect([later.status, later.headers.get('idempotency-replayed')]).toEqual([202, null])
  })

  test.each(['', 'x'.repeat(256)])('a key of the wrong form is refused: %#', async key => {
    const reply = await post(key, { text: 'a' })
    expect([reply.status, reply.body.errors?.[0]?.field]).toEqual([400, 'Idempotency-Key'])
  })
})

describe('with settings of their own', () => {
  test('requests are limited for each user, and an address that guesses tokens too', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '3' })
    const operator = host.users.signIn({ role: 'operator' }).token
    const statuses = async (times: number, as?: string) => {
      const replies = []
      for (let at = 0; at < times; at++) replies.push(await call(host.url, 'GET /operators-only', { token: as }))
      return replies
    }
    const own = await statuses(4, operator)
    expect(own.map(reply => reply.status)).toEqual([200, 200, 200, 429])
    expect(own[0]!.headers.get('ratelimit-remaining')).toBe('2')
    expect(own[3]!.body.code).toBe('TOO_MANY_REQUESTS')
    expect(Number(own[3]!.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(own[3]!.headers.get('ratelimit-limit')).toBe('3')
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      for (let at = 0; at < 5; at++) expect((await call(host.url, `GET ${path}`)).status, path).toBe(200)
    }
    expect((await statuses(1, host.users.signIn({ role: 'operator' }).token))[0]!.status).toBe(200)
    expect((await statuses(4, 'guess')).map(reply => reply.status)).toEqual([401, 401, 401, 429])
  })

  test('sign-ins are limited for each e-mail from an address', async () => {
    await start({ SIGN_IN_LIMIT_PER_MINUTE: '2' })
    const signIn = async (email: string) => (await call(host.url, 'POST /signing-in', { body: { email } })).status
    expect([await signIn('a@b.c'), await signIn('A@b.c'), await signIn('a@b.c'), await signIn('other@b.c')]).toEqual([
      200, 200, 429, 200,
    ])
  })

  test('a proxy in front is believed only as far as it is trusted', async () => {
    await start({ RATE_LIMIT_PER_MINUTE: '1', TRUST_PROXY: '1' })
    const from = async (forwarded: string) =>
      (await call(host.url, 'GET /notes/latest', { headers: { 'X-Forwarded-For': forwarded } })).status
    expect([await from('1.1.1.1, 9.9.9.1'), await from('2.2.2.2, 9.9.9.1'), await from('1.1.1.1, 9.9.9.2')]).toEqual([
      200, 429, 200,
    ])
  })

  test('501 stands for 401 where the original specification is followed', async () => {
    await start({ NOT_AUTHENTICATED_STATUS: '501' })
    const { status, headers, body } = await call(host.url, 'GET /operators-only')
    expect([status, body.code, headers.get('www-authenticate')]).toEqual([501, 'NOT_AUTHENTICATED', 'Bearer'])
    expect((await call(host.url, 'GET /operators-only', { token })).status).toBe(403)
  })

  test('allowed origins may call, and ask first', async () => {
    await start({ CORS_ORIGINS: 'https://app.example' })
    const allowed = await call(host.url, 'GET /nowhere', { headers: { Origin: 'https://app.example' } })
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example')
    const preflight = await call(host.url, 'OPTIONS /notes', {
      headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    const headers = preflight.headers.get('access-control-allow-headers')!.split(', ')
    // What a page needs to sign in, to order once, to wait, and to go on with a download.
    expect(headers).toEqual(expect.arrayContaining(['Authorization', 'Idempotency-Key', 'Prefer', 'Range', 'If-Range']))
    // A browser refuses a header that comes twice.
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example')
    const other = await call(host.url, 'GET /notes/latest', { headers: { Origin: 'https://evil.example' } })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('a stop lets the request in flight finish and ends streams', async () => {
    await start()
    const stream = await fetch(`${host.url}/ticks`, { headers: { Authorization: `Bearer ${token}` } })
    const reading = stream.text()
    const stopping = host.stop()
    await until(
      () => reading.then(() => true),
      ended => ended,
    )
    await stopping
    await expect(call(host.url, 'GET /healthz')).rejects.toThrow()
    await start()
  })
})

async function principalOf(users: TestHost['users'], of: string) {
  return (await users.authenticate(of))!
}

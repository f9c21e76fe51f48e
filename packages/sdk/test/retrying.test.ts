// What is tried again, how often and after which pause; and what is never sent twice.
import { isWaybillError, Waybill, type WaybillOptions } from '@waybill/sdk'
import { afterEach, describe, expect, test } from 'vitest'
import { type Act, answer, cut, data, type FakeServer, problem, silence, startFakeServer } from './fake-server.ts'

let server: FakeServer
afterEach(() => server.stop())

const signedIn = { access_token: 'good', refresh_token: 'r', expires_at: Date.now() + 3_600_000 }

async function client(acts: Act[], options: Partial<WaybillOptions> = {}): Promise<Waybill> {
  server = await startFakeServer(...acts)
  return new Waybill({ server: server.url, tokens: { load: () => signedIn, save: () => {} }, ...options })
}

const order = { items: [{ dataset: 'airports' }] }
const placed = data({ order: {}, process: { process_id: 'p' } })
const outage = problem(503, 'DEPENDENCY_UNAVAILABLE', true)

describe('a call that may be repeated', () => {
  test.each<[string, Act]>([
    ['the connection is cut', cut],
    ['a dependency is down', outage],
    ['there are too many requests', problem(429, 'TOO_MANY_REQUESTS', true, { 'Retry-After': '0' })],
    ['a proxy finds no server', answer(502, '<html>bad gateway</html>', { 'Content-Type': 'text/html' })],
  ])('is sent again when %s', async (_situation, trouble) => {
    const waybill = await client([trouble, data([])])
    expect(await waybill.clouds.list()).toEqual([])
    expect(server.sent).toHaveLength(2)
  })

  test('waits as long as Retry-After asks for', async () => {
    const waybill = await client([problem(503, 'SHUTTING_DOWN', true, { 'Retry-After': '1' }), data([])])
    const from = performance.now()
    await waybill.clouds.list()
    expect(performance.now() - from).toBeGreaterThan(990)
  })

  test('is given up where the pause would be too long, and the error says how long', async () => {
    const waybill = await client([problem(503, 'SHUTTING_DOWN', true, { 'Retry-After': '3600' })])
    await expect(waybill.clouds.list()).rejects.toMatchObject({ code: 'SHUTTING_DOWN', retryAfterSeconds: 3_600 })
    expect(server.sent).toHaveLength(1)
  })

  test('is given up after the last retry', async () => {
    const waybill = await client([outage], { retries: 2 })
    await expect(waybill.clouds.list()).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', status: 503 })
    expect(server.sent).toHaveLength(3)
  })

  test('is not sent again when that cannot help', async () => {
    const waybill = await client([problem(404, 'ORDER_NOT_FOUND', false)])
    const error = await waybill.orders.get('x').catch(error => error)
    expect(isWaybillError(error, 'ORDER_NOT_FOUND')).toBe(true)
    expect(isWaybillError(error, 'USER_NOT_FOUND')).toBe(false)
    expect(error).toMatchObject({ status: 404, requestId: 'fake', message: 'ORDER_NOT_FOUND was told' })
    expect(server.sent).toHaveLength(1)
  })

  test('is not sent again while a process runs: that is a state, not trouble', async () => {
    const waybill = await client([problem(409, 'PROCESS_NOT_FINISHED', true, { 'Retry-After': '0' })])
    await expect(waybill.data.manifest('p')).rejects.toMatchObject({ code: 'PROCESS_NOT_FINISHED' })
    expect(server.sent).toHaveLength(1)
  })

  test('ends with its signal, also during the pause', async () => {
    const waybill = await client([problem(503, 'SHUTTING_DOWN', true, { 'Retry-After': '20' })])
    const stop = new AbortController()
    const listing = waybill.clouds.list({ signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 100)
    await expect(listing).rejects.toThrow('enough')
  })
})

describe('an order and a payment', () => {
  test.each<[string, (waybill: Waybill) => Promise<unknown>]>([
    ['an order', waybill => waybill.orders.place(order)],
    ['a payment', waybill => waybill.payments.pay({ order_id: 'o' })],
  ])('%s is sent again under the same key', async (_what, send) => {
    const waybill = await client([cut, problem(409, 'IDEMPOTENCY_IN_PROGRESS', true, { 'Retry-After': '0' }), placed])
    await send(waybill)
    const keys = server.sent.map(({ headers }) => headers['idempotency-key'])
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), keys[0], keys[0]])
    expect(new Set(server.sent.map(({ body }) => body)).size).toBe(1)
  })

  test('two orders have two keys, and a key of the caller is kept', async () => {
    const waybill = await client([placed])
    await waybill.orders.place(order)
    await waybill.orders.place(order)
    await waybill.orders.place(order, { idempotencyKey: 'mine' })
    const keys = server.sent.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(3)
    expect(keys[2]).toBe('mine')
  })
})

test.each<[string, (waybill: Waybill) => Promise<unknown>]>([
  ['signing up', waybill => waybill.signUp({ name: 'A', email: 'a@example.com', password: '1234567890' })],
  ['signing in', waybill => waybill.signIn({ email: 'a@example.com', password: '1234567890' })],
  ['cancelling', waybill => waybill.orders.cancel('o')],
  ['refunding', waybill => waybill.payments.refund('p', { reason: 'r' })],
  ['changing a cloud', waybill => waybill.clouds.change('LOCAL', { enabled: true })],
  ['setting a price', waybill => waybill.clouds.setPrice('LOCAL', { amount: 1, currency: 'USD' })],
  ['rotating the secret', waybill => waybill.callbacks.rotateSecret()],
])('%s is never sent twice', async (_what, send) => {
  for (const trouble of [cut, outage]) {
    const waybill = await client([trouble])
    await expect(send(waybill)).rejects.toMatchObject({ retryable: true })
    expect(server.sent).toHaveLength(1)
    expect(server.sent[0]!.headers).not.toHaveProperty('idempotency-key')
    await server.stop()
  }
  server = await startFakeServer(silence)
})

describe('an answer that does not come', () => {
  test('is waited for until the timeout', async () => {
    const waybill = await client([silence], { retries: 0 })
    await expect(waybill.clouds.list({ timeout: 100 })).rejects.toMatchObject({
      ...{ code: 'TIMED_OUT', status: 0, retryable: true },
      message: expect.stringContaining('GET /clouds was not answered within 100 ms'),
    })
  })

  test('from nowhere is an error that names the address', async () => {
    const waybill = await client([silence], { retries: 0 })
    await server.stop()
    await expect(waybill.clouds.list()).rejects.toMatchObject({
      ...{ code: 'SERVER_UNREACHABLE', status: 0 },
      message: expect.stringContaining(`${server.url} is out of reach (ECONNREFUSED)`),
    })
  })

  test('from somebody else is told from an answer of Waybill', async () => {
    for (const stranger of [answer(200, '<html>'), answer(200, { hello: 'world' }), answer(404, 'Not here')]) {
      const waybill = await client([stranger])
      await expect(waybill.clouds.list()).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER' })
      await server.stop()
    }
    server = await startFakeServer(silence)
  })
})

// What a gateway sends by itself: believed only with its signature, and even then only as a hint.
import { randomBytes } from 'node:crypto'
import { createVault } from '@waybill/platform/auth'
import { call, startService, type TestHost } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mockWebhookKey, signMockWebhook } from '../src/gateways/mock.ts'
import { paymentServiceWith } from '../src/payment-service.ts'
import { newOrder, paymentBecomes, paymentOf, signIn, tell } from './an-order.ts'
import { FaultyGateway } from './faulty-gateway.ts'

let host: TestHost
const gateway = new FaultyGateway()
const secretKey = randomBytes(32)
const key = mockWebhookKey(createVault(secretKey))

beforeAll(async () => {
  host = await startService([paymentServiceWith({ wrapGateway: gateway.wrap })], { secretKey })
})
afterAll(() => host.stop())

function send(body: unknown, { key: with_ = key, age = 0, to = 'mock' } = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const id = uuidv7()
  const timestamp = String(Math.floor(host.clock.now() / 1_000) - age)
  return call(host.url, `POST /payment/webhook/${to}`, {
    body: text,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signMockWebhook(with_, id, timestamp, Buffer.from(text)),
    },
  })
}

async function loseAnAnswer() {
  gateway.faults.authorize.push('lost')
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  await tell(host, 'order.created', order.created)
  const { id } = await paymentBecomes(host, token, order, 'unknown')
  return { id, order, token }
}

test('a webhook about a payment whose answer was lost has the gateway asked at once', async () => {
  const { id, order, token } = await loseAnAnswer()
  const { status } = await send({ payment_id: id })
  expect(status).toBe(204)
  await paymentBecomes(host, token, order, 'authorized')
})

test('what comes of a webhook belongs to the request and the trace of the order, not to those of the gateway', async () => {
  gateway.faults.authorize.push('lost')
  const { userId, token } = signIn(host)
  const order = newOrder(userId)
  const created = await tell(host, 'order.created', order.created)
  const { id } = await paymentBecomes(host, token, order, 'unknown')
  const { status, headers } = await send({ payment_id: id })
  expect(status).toBe(204)
  expect(headers.get('x-request-id')).not.toBe(created.requestid)
  const { requestid, traceparent } = await host.broker.waitFor('payment.authorized', order.created.order_id)
  const traceOf = (name: string) => name.slice(3, 35)
  expect([requestid, traceOf(traceparent)]).toEqual([created.requestid, traceOf(created.traceparent)])
  const { attempts } = await paymentOf(host, token, order)
  expect(attempts.map(attempt => attempt.request_id)).toEqual([created.requestid])
})

test('what a webhook says of the outcome is not believed', async () => {
  const { userId, token } = signIn(host)
  const order = newOrder(userId, { payment_mode: 'later' })
  await tell(host, 'order.created', order.created)
  const { id } = await paymentOf(host, token, order)
  expect((await send({ payment_id: id, state: 'captured' })).status).toBe(204)
  expect((await paymentOf(host, token, order)).state).toBe('pending')
})

test.each([
  ['with another key', { key: randomBytes(32) }],
  ['six minutes old', { age: 360 }],
  ['from the future', { age: -360 }],
])('a webhook that is signed %s is refused and nobody is asked', async (_how, options) => {
  const { id, order, token } = await loseAnAnswer()
  const { status, body } = await send({ payment_id: id }, options)
  expect([status, body.code]).toEqual([400, 'WEBHOOK_REFUSED'])
  expect((await paymentOf(host, token, order)).state).toBe('unknown')
})

test('a webhook without a signature is refused, and one for a gateway that is none is not found', async () => {
  const bare = await call(host.url, 'POST /payment/webhook/mock', { body: { payment_id: uuidv7() } })
  expect([bare.status, bare.body.code]).toEqual([400, 'WEBHOOK_REFUSED'])
  const other = await send({ payment_id: uuidv7() }, { to: 'paypal' })
  expect([other.status, other.body.code]).toEqual([404, 'GATEWAY_NOT_FOUND'])
})

test.each(['{}', '[]', 'null', 'no json', '{"payment_id":1}', `{"payment_id":"${uuidv7()}"}`])(
  'a genuine webhook about nothing known (%s) is taken and does nothing',
  async body => {
    expect((await send(body)).status).toBe(204)
  },
)

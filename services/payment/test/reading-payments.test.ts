// Who sees which payments.
import type { CloudEvent, Payment } from '@waybill/contracts'
import { call, type FakePeer, startFakePeer, startService, type TestHost } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPaymentService } from '../src/payment-service.ts'
import { type Customer, newOrder, paymentBecomes, showOrderTo, signIn, type TestOrder, tell } from './an-order.ts'

let host: TestHost
let orderService: FakePeer
let owner: Customer
let stranger: Customer
let operator: Customer
let order: TestOrder
let created: CloudEvent<'order.created'>
let payment: Payment

beforeAll(async () => {
  orderService = await startFakePeer()
  host = await startService([createPaymentService], { peerUrls: { order: orderService.url } })
  owner = signIn(host)
  stranger = signIn(host)
  operator = signIn(host, { role: 'operator' })
  order = newOrder(owner.userId)
  created = await tell(host, 'order.created', order.created)
  payment = await paymentBecomes(host, owner.token, order, 'authorized')
})
afterAll(async () => {
  await host.stop()
  await orderService.stop()
})

const ways: [string, () => [verbAndPath: string, body?: unknown]][] = [
  ['GET /payment/:id', () => [`GET /payment/${payment.id}`]],
  ['GET /payment/details', () => [`GET /payment/details?order_id=${order.created.order_id}`]],
  ['POST /payment/details', () => ['POST /payment/details', { order_id: order.created.order_id }]],
]

test.each(ways)('%s shows a payment to its owner and to an operator, and to nobody else', async (_way, way) => {
  const [verbAndPath, body] = way()
  for (const { token } of [owner, operator]) {
    const reply = await call<Payment>(host.url, verbAndPath, { token, body })
    expect(reply.status).toBe(200)
    expect(reply.body.data).toEqual(payment)
  }
  const refused = await call(host.url, verbAndPath, { token: stranger.token, body })
  expect([refused.status, refused.body.code]).toEqual([404, 'PAYMENT_NOT_FOUND'])
  expect((await call(host.url, verbAndPath, { body })).status).toBe(401)
})

test('a payment says all that the contract promises', () => {
  expect(payment).toEqual({
    id: expect.any(String),
    order_id: order.created.order_id,
    user_id: owner.userId,
    cloud: 'LOCAL',
    gateway: 'mock',
    state: 'authorized',
    amount: 300,
    currency: 'USD',
    refunded_amount: 0,
    verdict: 'confirmed',
    decline_code: null,
    attempts: [
      {
        id: expect.any(String),
        operation: 'authorize',
        outcome: 'succeeded',
        amount: 300,
        gateway_reference: expect.stringMatching(/^mock_/),
        error: null,
        inquiries: 0,
        request_id: created.requestid,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
    ],
    created_at: expect.any(String),
    updated_at: expect.any(String),
  })
})

test('a payment that is not there is not found, whoever asks', async () => {
  for (const { token } of [owner, operator]) {
    for (const path of [`/payment/${uuidv7()}`, `/payment/details?order_id=${uuidv7()}`]) {
      const { status, body } = await call(host.url, `GET ${path}`, { token })
      expect([status, body.code]).toEqual([404, 'PAYMENT_NOT_FOUND'])
    }
  }
})

test('asked for before its event arrived, a payment is opened from the order, for its owner only', async () => {
  const early = newOrder(owner.userId)
  showOrderTo(orderService, early)
  const path = `GET /payment/details?order_id=${early.created.order_id}`
  const shown = await call<Payment>(host.url, path, { token: owner.token })
  expect(shown.body.data).toMatchObject({ state: 'pending', amount: 300, attempts: [] })
  const refused = await call(host.url, path, { token: stranger.token })
  expect(refused.status).toBe(404)
  await tell(host, 'order.created', early.created)
  await paymentBecomes(host, owner.token, early, 'authorized')
})

test('the list of payments holds the own ones only, newest first, page by page', async () => {
  const customer = signIn(host)
  const orders = Array.from({ length: 5 }, () => newOrder(customer.userId))
  for (const each of orders) await tell(host, 'order.created', each.created)
  for (const each of orders) await paymentBecomes(host, customer.token, each, 'authorized')
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const path: string = `GET /payments?limit=2${cursor && `&cursor=${cursor}`}`
    const { status, body } = await call<Payment[]>(host.url, path, { token: customer.token })
    expect(status).toBe(200)
    expect(body.data.every(({ attempts }) => attempts.length === 1)).toBe(true)
    seen.push(...body.data.map(({ order_id }) => order_id))
    cursor = body.page?.next_cursor ?? null
  }
  expect(seen).toEqual(orders.map(({ created }) => created.order_id).reverse())
})

test('payments can be had by order, by its owner and by an operator; to others there is no such order', async () => {
  const path = `GET /payments?order_id=${order.created.order_id}`
  for (const { token } of [owner, operator]) {
    const { body } = await call<Payment[]>(host.url, path, { token })
    expect(body.data).toEqual([payment])
  }
  for (const unknown of [path, `GET /payments?order_id=${uuidv7()}`]) {
    const { status, body } = await call(host.url, unknown, { token: stranger.token })
    expect([status, body.code]).toEqual([404, 'ORDER_NOT_FOUND'])
  }
})

test('an operator reads the payments of one user or of all; a customer may not even ask', async () => {
  const ofOne = await call<Payment[]>(host.url, `GET /payments?user_id=${owner.userId}`, { token: operator.token })
  expect(new Set(ofOne.body.data.map(({ user_id }) => user_id))).toEqual(new Set([owner.userId]))
  const ofAll = await call<Payment[]>(host.url, 'GET /payments?all=true&limit=100', { token: operator.token })
  expect(new Set(ofAll.body.data.map(({ user_id }) => user_id)).size).toBeGreaterThan(1)
  const own = await call<Payment[]>(host.url, 'GET /payments', { token: operator.token })
  expect(own.body.data).toEqual([])
  for (const filter of ['all=true', 'all=false', `user_id=${owner.userId}`, `user_id=${stranger.userId}`]) {
    const { status, body } = await call(host.url, `GET /payments?${filter}`, { token: stranger.token })
    expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
  }
})

test('payments can be narrowed to a state', async () => {
  const list = (state: string) => call<Payment[]>(host.url, `GET /payments?state=${state}`, { token: owner.token })
  const authorized = await list('authorized')
  expect(authorized.body.data.length).toBeGreaterThan(0)
  expect(new Set(authorized.body.data.map(({ state }) => state))).toEqual(new Set(['authorized']))
  expect((await list('refunded')).body.data).toEqual([])
  expect((await list('lost')).body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'state' }] })
})

test('a bad limit or a cursor from nowhere is refused', async () => {
  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['cursor=nonsense', 'cursor'],
    ['order_id=1', 'order_id'],
  ]) {
    const { status, body } = await call(host.url, `GET /payments?${query}`, { token: owner.token })
    expect([status, body.errors?.map(error => error.field)]).toEqual([400, [field]])
  }
})

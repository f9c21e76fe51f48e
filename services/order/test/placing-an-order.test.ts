import type { PlaceOrderBody } from '@waybill/contracts'
import { call, startFakePeer, type TestHost } from '@waybill/platform/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { order, placeOrder, startOrderService } from './an-order-and-its-events.ts'

let host: TestHost
let token: string
let data: Awaited<ReturnType<typeof startFakePeer>>

beforeAll(async () => {
  data = await startFakePeer({ 'GET /clouds': { status: 200, data: [{ name: 'LOCAL' }, { name: 'IBM' }] } })
  host = await startOrderService({ peerUrls: { data: data.url } })
  token = host.users.signIn().token
})
afterAll(async () => {
  await host.stop()
  await data.stop()
})

test('an order is accepted with the address of its process and when to ask for it', async () => {
  const reply = await order(host, token)
  expect(reply.status).toBe(202)
  const { order: placed, process } = reply.body.data
  expect(reply.headers.get('location')).toBe(`/process/${process.process_id}`)
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(placed.items).toEqual([{ dataset: 'airports', format: 'ndjson' }])
  expect(Object.keys(placed).sort()).toEqual(
    'id user_id cloud state cancel_reason items amount currency process_id payment_mode version created_at updated_at'
      .split(' ')
      .sort(),
  )
  expect(Object.keys(process).sort()).toEqual(
    'process_id order_id status state percentage step reason eta_seconds created_at updated_at finished_at data_url'
      .split(' ')
      .sort(),
  )
  expect(process).toMatchObject({ order_id: placed.id, process_id: placed.process_id })
})

test('what files are to be packed with is said of those items alone, and travels with the events', async () => {
  const items = [
    { dataset: 'airports', compression: 'gzip' },
    { dataset: 'cars', compression: 'none' },
    { dataset: 'movies', format: 'csv', compression: 'zstd' },
  ]
  const reply = await order(host, token, { items: items as PlaceOrderBody['items'] })
  const expected = [
    { dataset: 'airports', compression: 'gzip', format: 'ndjson' },
    { dataset: 'cars', format: 'ndjson' },
    { dataset: 'movies', format: 'csv', compression: 'zstd' },
  ]
  const { order: placed } = reply.body.data
  expect(placed.items).toEqual(expected)
  expect((await host.broker.waitFor('order.created', placed.id)).data.items).toEqual(expected)
})

test('the payment choice travels with the event, not with the order', async () => {
  const payment = { mode: 'now', gateway: 'mock', token: 'tok_approve' } as const
  const placed = await placeOrder(host, token, { payment })
  expect((await host.broker.waitFor('order.created', placed.order.id)).data).toMatchObject({
    gateway: 'mock',
    payment_token: 'tok_approve',
  })
  expect(JSON.stringify(placed)).not.toContain('tok_approve')
})

test('a token that only its gateway can judge travels with the order', async () => {
  const payment = { gateway: 'stripe', token: 'pm_card_visa' } as const
  const placed = await placeOrder(host, token, { payment })
  const { data } = await host.broker.waitFor('order.created', placed.order.id)
  expect(data).toMatchObject({ gateway: 'stripe', payment_token: 'pm_card_visa' })
})

test('a user without a cloud is told to register with one', async () => {
  const nowhere = host.users.signIn({ cloud: null }).token
  const reply = await order(host, nowhere)
  expect([reply.status, reply.body.code]).toEqual([409, 'CLOUD_NOT_REGISTERED'])
})

test('a cloud without a price takes no orders', async () => {
  const reply = await order(host, host.users.signIn({ cloud: 'NEWCLOUD' }).token)
  expect([reply.status, reply.body.code]).toEqual([409, 'CLOUD_NOT_PRICED'])
})

test('without a token nothing is ordered', async () => {
  const reply = await call(host.url, 'POST /user/order', { body: { items: [{ dataset: 'airports' }] } })
  expect(reply.status).toBe(401)
})

const fiftyOne = Array.from({ length: 51 }, (_, at) => ({ dataset: `d${at}` }))
test.each([
  ['no body at all', undefined, 'items'],
  ['no items', {}, 'items'],
  ['an empty list', { items: [] }, 'items'],
  ['fifty-one items', { items: fiftyOne }, 'items'],
  ['a dataset twice', { items: [{ dataset: 'a' }, { dataset: 'a', format: 'csv' }] }, 'items[1]'],
  ['a path for a dataset', { items: [{ dataset: '../b' }] }, 'items[0].dataset'],
  ['a hidden dataset', { items: [{ dataset: '.waybill' }] }, 'items[0].dataset'],
  ['an unknown format', { items: [{ dataset: 'a', format: 'xlsx' }] }, 'items[0].format'],
  ['an unknown compression', { items: [{ dataset: 'a', compression: 'rar' }] }, 'items[0].compression'],
  ['an unknown field', { items: [{ dataset: 'a' }], amount: 1 }, 'amount'],
  ['another cloud', { items: [{ dataset: 'a' }], cloud: 'AWS' }, 'cloud'],
  ['an unknown payment mode', { items: [{ dataset: 'a' }], payment: { mode: 'never' } }, 'payment.mode'],
  ['an unknown gateway', { items: [{ dataset: 'a' }], payment: { gateway: 'paypal' } }, 'payment.gateway'],
  ["another gateway's token", { items: [{ dataset: 'a' }], payment: { token: 'pm_card_visa' } }, 'payment.token'],
  ['the same, with mock', { items: [{ dataset: 'a' }], payment: { gateway: 'mock', token: 'pm_1' } }, 'payment.token'],
  ['a callback that is no URL', { items: [{ dataset: 'a' }], callback_url: 'nowhere' }, 'callback_url'],
  ['a callback to a file', { items: [{ dataset: 'a' }], callback_url: 'file:///etc/passwd' }, 'callback_url'],
])('an order with %s is refused, naming the field', async (_, body, field) => {
  const placedBefore = host.broker.published.length
  const reply = await call(host.url, 'POST /user/order', { token, body })
  expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED'])
  expect(reply.body.errors?.map(error => error.field)).toContain(field)
  expect(host.broker.published.length).toBe(placedBefore)
})

test('an order costs the price of its cloud times its datasets, whatever they are', async () => {
  const operator = host.users.signIn({ role: 'operator' }).token
  const buyer = host.users.signIn({ cloud: 'IBM' }).token
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 1_000_000_000 }),
      fc.integer({ min: 1, max: 50 }),
      async (price, count) => {
        await call(host.url, 'PUT /prices/IBM', { token: operator, body: { amount: price, currency: 'JPY' } })
        const items = Array.from({ length: count }, (_, at) => ({ dataset: `d${at}`, format: 'csv' as const }))
        const { order: placed } = await placeOrder(host, buyer, { items })
        expect([placed.amount, placed.currency]).toEqual([price * count, 'JPY'])
      },
    ),
    { numRuns: 25 },
  )
})

test('a new price leaves the orders that stand as they are', async () => {
  const operator = host.users.signIn({ role: 'operator' }).token
  const before = await placeOrder(host, token)
  await call(host.url, 'PUT /prices/LOCAL', { token: operator, body: { amount: 7, currency: 'EUR' } })
  const after = await placeOrder(host, token)
  const shown = await call(host.url, `GET /order/${before.order.id}`, { token })
  expect(shown.body.data).toEqual(before.order)
  expect(after.order).toMatchObject({ amount: 7, currency: 'EUR' })
})

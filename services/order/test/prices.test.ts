import { call, startFakePeer, startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOrderService } from '../src/order-service.ts'

let host: TestHost
let data: Awaited<ReturnType<typeof startFakePeer>>

beforeAll(async () => {
  data = await startFakePeer({ 'GET /clouds': { status: 200, data: [{ name: 'LOCAL' }] } })
  host = await startService([createOrderService], { peerUrls: { data: data.url } })
})
afterAll(async () => {
  await host.stop()
  await data.stop()
})

test('anybody sees a price for every cloud', async () => {
  const { status, body } = await call(host.url, 'GET /prices')
  expect(status).toBe(200)
  expect(body.data).toContainEqual({ cloud: 'LOCAL', amount: 100, currency: 'USD' })
})

test('an operator sets a price and everybody sees it', async () => {
  const { token } = host.users.signIn({ role: 'operator' })
  const { status } = await call(host.url, 'PUT /prices/LOCAL', { token, body: { amount: 120, currency: 'EUR' } })
  expect(status).toBe(200)
  const { body } = await call(host.url, 'GET /prices')
  expect(body.data).toContainEqual({ cloud: 'LOCAL', amount: 120, currency: 'EUR' })
})

test('a customer cannot set a price, nor anybody a price in no currency', async () => {
  const customer = await call(host.url, 'PUT /prices/LOCAL', {
    token: host.users.signIn().token,
    body: { amount: 1, currency: 'EUR' },
  })
  expect(customer.status).toBe(403)
  const { token } = host.users.signIn({ role: 'operator' })
  const bad = await call(host.url, 'PUT /prices/LOCAL', { token, body: { amount: '1', currency: 'XQZ', extra: 1 } })
  expect(bad.status).toBe(400)
  expect(bad.body.errors?.map(error => error.field)).toEqual(['amount', 'currency', 'extra'])
})

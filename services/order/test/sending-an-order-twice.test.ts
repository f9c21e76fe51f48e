import { call, type TestHost } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { order, startOrderService } from './an-order-and-its-events.ts'

let host: TestHost
let token: string
const principal = { user_id: uuidv7() }

beforeAll(async () => {
  host = await startOrderService()
  token = host.users.signIn(principal).token
})
afterAll(() => host.stop())

const countOrders = async () => (await call<unknown[]>(host.url, 'GET /orders?limit=100', { token })).body.data.length
const keyed = (body: string | object, key: string) =>
  call(host.url, 'POST /user/order', { token, body, headers: { 'Idempotency-Key': key } })

test('the same order under the same key is placed once and answered the same, byte for byte', async () => {
  const before = await countOrders()
  const first = await keyed({ items: [{ dataset: 'airports', format: 'csv' }] }, 'same')
  const second = await keyed('{"items":[{"format":"csv", "dataset":"airports"}]}', 'same')
  expect([first.status, second.status]).toEqual([202, 202])
  expect(second.text).toBe(first.text)
  expect(second.headers.get('location')).toBe(first.headers.get('location'))
  expect(second.headers.get('idempotency-replayed')).toBe('true')
  expect(first.headers.get('idempotency-replayed')).toBeNull()
  expect(await countOrders()).toBe(before + 1)
})

test('another order under the same key is refused', async () => {
  await keyed({ items: [{ dataset: 'airports' }] }, 'other')
  const reply = await keyed({ items: [{ dataset: 'movies' }] }, 'other')
  expect([reply.status, reply.body.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
})

test('ten at once under one key place one order', async () => {
  const before = await countOrders()
  const replies = await Promise.all(Array.from({ length: 10 }, () => keyed({ items: [{ dataset: 'a' }] }, 'at once')))
  for (const { status, body } of replies) {
    if (status !== 202) expect([status, body.code]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS'])
  }
  expect(replies.some(({ status }) => status === 202)).toBe(true)
  expect(await countOrders()).toBe(before + 1)
})

test('a key belongs to its user', async () => {
  const body = { items: [{ dataset: 'airports' }] }
  const mine = await keyed(body, 'shared')
  const theirs = await order(host, host.users.signIn().token, {}, { 'Idempotency-Key': 'shared' })
  expect(theirs.status).toBe(202)
  expect(theirs.text).not.toBe(mine.text)
})

test('a refusal of the business is kept, one of the fields is not', async () => {
  const user_id = uuidv7()
  const headers = { 'Idempotency-Key': 'refused' }
  const nowhere = host.users.signIn({ user_id, cloud: null }).token
  expect((await order(host, nowhere, {}, headers)).status).toBe(409)
  const registered = host.users.signIn({ user_id }).token
  const replayed = await order(host, registered, {}, headers)
  expect([replayed.status, replayed.body.code]).toEqual([409, 'CLOUD_NOT_REGISTERED'])
  expect(replayed.headers.get('idempotency-replayed')).toBe('true')

  expect((await keyed({ items: [] }, 'corrected')).status).toBe(400)
  expect((await keyed({ items: [{ dataset: 'airports' }] }, 'corrected')).status).toBe(202)
})

test('an answer is replayed after a restart, and forgotten after a day', async () => {
  const body = { items: [{ dataset: 'airports' }] }
  const first = await keyed(body, 'lasting')
  host = await host.restart()
  token = host.users.signIn(principal).token
  const replayed = await keyed(body, 'lasting')
  expect(replayed.text).toBe(first.text)
  host.clock.advance(24 * 3_600_000)
  const fresh = await keyed(body, 'lasting')
  expect(fresh.status).toBe(202)
  expect(fresh.text).not.toBe(first.text)
})

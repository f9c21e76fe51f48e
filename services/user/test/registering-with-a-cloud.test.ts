import type { User } from '@waybill/contracts'
import { call, type FakePeer, startFakePeer, startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createUserService } from '../src/user-service.ts'
import { details, newCustomer } from './people.ts'

let host: TestHost
let data: FakePeer
const clouds = [
  { name: 'LOCAL', driver: 'local', mode: 'immediate', enabled: true },
  { name: 'MCLASS', driver: 'mclass', mode: 'order', enabled: true },
  { name: 'AWS', driver: 'aws', mode: 'order', enabled: false },
]

beforeAll(async () => {
  data = await startFakePeer({ 'GET /clouds': { status: 200, data: clouds } })
  host = await startService([createUserService], { peerUrls: { data: data.url } })
})
afterAll(async () => {
  await host.stop()
  await data.stop()
})

const register = (token: string, name: unknown) => call<User>(host.url, 'PUT /user/cloud', { token, body: { name } })

test('a user registers with one cloud after the other, everybody is told, and nobody else is registered by it', async () => {
  const [ada, bob] = [await newCustomer(host), await newCustomer(host)]
  for (const cloud of ['LOCAL', 'MCLASS']) {
    const { status, body } = await register(ada.token, cloud)
    expect([status, body.data]).toEqual([200, { ...ada.user, cloud }])
    expect((await details(host, ada.token)).body.data.cloud).toBe(cloud)
  }
  const told = host.broker.published.filter(event => event.type === 'user.changed')
  expect(told.map(event => event.data)).toEqual([{ user_id: ada.user.id }, { user_id: ada.user.id }])
  expect((await details(host, bob.token)).body.data).toEqual(bob.user)
})

test.each([
  ['nobody knows', 'MOON', 400, 'UNKNOWN_CLOUD'],
  ['is not enabled', 'AWS', 409, 'CLOUD_NOT_ENABLED'],
  ['has no name that a cloud may have', 'local', 400, 'VALIDATION_FAILED'],
  ['is no text', 1, 400, 'VALIDATION_FAILED'],
])('a cloud that %s is refused, and the one before stays', async (_what, cloud, status, code) => {
  const ada = await newCustomer(host)
  await register(ada.token, 'LOCAL')
  const before = host.broker.published.length
  const refused = await register(ada.token, cloud)
  expect([refused.status, refused.body.code]).toEqual([status, code])
  expect((await details(host, ada.token)).body.data.cloud).toBe('LOCAL')
  expect(host.broker.published.length).toBe(before)
})

test('while the data service is down registering is to be tried again', async () => {
  const ada = await newCustomer(host)
  data.answers = { 'GET /clouds': undefined }
  try {
    const { status, body, headers } = await register(ada.token, 'LOCAL')
    expect([status, body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  } finally {
    data.answers = { 'GET /clouds': { status: 200, data: clouds } }
  }
  expect((await register(ada.token, 'LOCAL')).status).toBe(200)
})

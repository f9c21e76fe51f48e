import { type FakePeer, startFakePeer, startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createUserService } from '../src/user-service.ts'
import { details, newEmail, newSession, password, signIn, signUp } from './people.ts'

let host: TestHost
let data: FakePeer

beforeAll(async () => {
  data = await startFakePeer()
  host = await startService([createUserService], { peerUrls: { data: data.url } })
})
beforeEach(() => {
  data.asked.length = 0
  data.answers = {
    'GET /clouds': {
      status: 200,
      data: [
        { name: 'LOCAL', driver: 'local', mode: 'immediate', enabled: true },
        { name: 'AWS', driver: 'aws', mode: 'order', enabled: false },
      ],
    },
  }
})
afterAll(async () => {
  await host.stop()
  await data.stop()
})

test('whoever signs up is a customer whose account is their own id, registered with no cloud, and nobody is asked for clouds', async () => {
  const email = newEmail()
  const { status, body } = await signUp(host, { email })
  expect(status).toBe(201)
  expect(body.data).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    name: 'Ada',
    email,
    role: 'customer',
    cloud: null,
    account: body.data.id,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  })
  expect(data.asked).toEqual([])
  const { token } = await newSession(host, email)
  expect((await details(host, token)).body.data).toEqual(body.data)
})

test('whoever names an enabled cloud is registered with it from the start', async () => {
  const { status, body } = await signUp(host, { cloud: 'LOCAL' })
  expect([status, body.data.cloud]).toEqual([201, 'LOCAL'])
})

test.each([
  ['that nobody knows', 'MOON', 400, 'UNKNOWN_CLOUD'],
  ['that is not enabled', 'AWS', 409, 'CLOUD_NOT_ENABLED'],
])('a cloud %s is refused and nobody is signed up', async (_what, cloud, status, code) => {
  const email = newEmail()
  const refused = await signUp(host, { email, cloud })
  expect([refused.status, refused.body.code]).toEqual([status, code])
  expect((await signIn(host, email)).status).toBe(401)
  expect((await signUp(host, { email })).status).toBe(201)
})

test.each([
  ['is down', undefined],
  ['is hosted by nobody', { status: 404, data: { code: 'ROUTE_NOT_FOUND' } }],
  ['fails', { status: 500, data: { code: 'INTERNAL_ERROR' } }],
])(
  'when the data service %s, signing up with a cloud is to be tried again, and without one works',
  async (_what, answer) => {
    data.answers = { 'GET /clouds': answer }
    const refused = await signUp(host, { cloud: 'LOCAL' })
    expect([refused.status, refused.body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await signUp(host)).status).toBe(201)
  },
)

test('an e-mail is taken whatever its case or how its accents were typed', async () => {
  const name = `rené.${newEmail()}`
  expect((await signUp(host, { email: name })).status).toBe(201)
  for (const email of [name, name.toUpperCase(), name.normalize('NFD')]) {
    const again = await signUp(host, { email })
    expect([again.status, again.body.code]).toEqual([409, 'EMAIL_TAKEN'])
  }
})

test('of eight who sign up with one e-mail at once, one does', async () => {
  const email = newEmail()
  const replies = await Promise.all(Array.from({ length: 8 }, () => signUp(host, { email })))
  const statuses = replies.map(({ status }) => status).sort()
  expect(statuses).toEqual([201, 409, 409, 409, 409, 409, 409, 409])
})

test.each([
  ['a password of 9 characters', { password: '123456789' }, 'password'],
  ['a password of 129 characters', { password: 'x'.repeat(129) }, 'password'],
  ['an e-mail that is none', { email: 'ada' }, 'email'],
  ['a name with a line break', { name: 'Ada\nLovelace' }, 'name'],
  ['a role', { role: 'operator' }, 'role'],
  ['an account', { account: 'somebody' }, 'account'],
])('%s is refused by its field', async (_what, wrong, field) => {
  const { status, body } = await signUp(host, wrong)
  expect([status, body.code, body.errors?.map(error => error.field)]).toEqual([400, 'VALIDATION_FAILED', [field]])
})

test.each([10, 128])('a password of %i characters is good', async length => {
  const email = newEmail()
  expect((await signUp(host, { email, password: 'x'.repeat(length) })).status).toBe(201)
  expect((await signIn(host, email, 'x'.repeat(length))).status).toBe(200)
})

test('signing up says nothing to other services and never shows the password', async () => {
  const before = host.broker.published.length
  const { text } = await signUp(host)
  expect(text).not.toContain(password)
  expect(text).not.toContain('argon2')
  expect(host.broker.published.length).toBe(before)
})

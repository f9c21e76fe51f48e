import type { User } from '@waybill/contracts'
import { call, startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createUserService } from '../src/user-service.ts'
import { details, newCustomer, newSession, password, refresh, signIn } from './people.ts'

let host: TestHost

beforeAll(async () => {
  host = await startService([createUserService])
})
afterAll(() => host.stop())

const change = (token: string, body: unknown) => call<User>(host.url, 'PATCH /user/details', { token, body })

test('a new name shows, and changes nothing else nor anybody else', async () => {
  const [ada, bob] = [await newCustomer(host), await newCustomer(host)]
  const { status, body } = await change(ada.token, { name: 'Ada King' })
  expect([status, body.data]).toEqual([200, { ...ada.user, name: 'Ada King' }])
  expect((await details(host, ada.token)).body.data).toEqual({ ...ada.user, name: 'Ada King' })
  expect((await details(host, bob.token)).body.data).toEqual(bob.user)
  expect((await signIn(host, ada.email)).status).toBe(200)
})

test('a new password ends the other sessions, keeps this one, and is the one that signs in', async () => {
  const here = await newCustomer(host)
  const there = await newSession(host, here.email)
  const stranger = await newCustomer(host)
  const { status } = await change(here.token, { password: 'another password', current_password: password })
  expect(status).toBe(200)
  expect((await details(host, here.token)).status).toBe(200)
  expect((await refresh(host, here.refreshToken)).status).toBe(200)
  expect((await details(host, there.token)).status).toBe(401)
  expect((await refresh(host, there.refreshToken)).status).toBe(401)
  expect((await details(host, stranger.token)).status).toBe(200)
  expect((await signIn(host, here.email)).status).toBe(401)
  expect((await signIn(host, here.email, 'another password')).status).toBe(200)
  const event = await host.broker.waitFor('session.revoked', there.sessionId)
  expect(event.data).toEqual({ session_id: there.sessionId, user_id: here.user.id })
})

test('name and password change together or, with a wrong current password, not at all', async () => {
  const ada = await newCustomer(host)
  const body = { name: 'Ada King', password: 'another password' }
  const refused = await change(ada.token, { ...body, current_password: 'not my password' })
  expect([refused.status, refused.body.code]).toEqual([403, 'WRONG_PASSWORD'])
  expect((await details(host, ada.token)).body.data).toEqual(ada.user)
  expect((await signIn(host, ada.email)).status).toBe(200)
  const { body: changed } = await change(ada.token, { ...body, current_password: password })
  expect(changed.data.name).toBe('Ada King')
  expect((await signIn(host, ada.email, 'another password')).status).toBe(200)
})

test('of two password changes at once one wins, and the other no longer knew the current password', async () => {
  const ada = await newCustomer(host)
  const wanted = ['the first password', 'the second password']
  const replies = await Promise.all(wanted.map(it => change(ada.token, { password: it, current_password: password })))
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 403])
  const won = wanted[replies.findIndex(({ status }) => status === 200)]!
  const lost = wanted.find(it => it !== won)!
  expect((await signIn(host, ada.email, won)).status).toBe(200)
  expect((await signIn(host, ada.email, lost)).status).toBe(401)
})

test('a new password without the current one is refused like one with a wrong one', async () => {
  const ada = await newCustomer(host)
  const { status, body } = await change(ada.token, { password: 'another password' })
  expect([status, body.code]).toEqual([403, 'WRONG_PASSWORD'])
  expect((await signIn(host, ada.email)).status).toBe(200)
})

test.each([
  [{}, ['name or password']],
  [{ name: '   ' }, ['name']],
  [{ current_password: 'correct horse battery' }, ['name or password']],
  [{ password: 'short', current_password: 'correct horse battery' }, ['password']],
  [{ name: '' }, ['name']],
  [{ name: 'Ada', email: 'ada@example.com' }, ['email']],
  [{ name: 'Ada', role: 'operator', account: 'bob', cloud: 'LOCAL' }, ['role', 'account', 'cloud']],
])('%j is refused by its fields and changes nothing', async (body, fields) => {
  const ada = await newCustomer(host)
  const reply = await change(ada.token, body)
  expect([reply.status, reply.body.errors?.map(error => error.field)]).toEqual([400, fields])
  expect((await details(host, ada.token)).body.data).toEqual(ada.user)
})

test.each(['GET /user/details', 'PATCH /user/details', 'PUT /user/cloud'])('%s needs a token', async path => {
  const { status, body } = await call(host.url, path)
  expect([status, body.code]).toEqual([401, 'NOT_AUTHENTICATED'])
})

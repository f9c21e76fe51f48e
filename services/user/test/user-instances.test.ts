// Ten instances of the user service on one database: who they know, which sessions stand and what signs tokens is the same at all.
import { call, startService, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createUserService } from '../src/user-service.ts'
import {
  claimsOf,
  details,
  newCustomer,
  newEmail,
  newSession,
  operatorEmail,
  operatorSettings,
  password,
  refresh,
  signIn,
  signUp,
} from './people.ts'

const installation: { host: TestHost | undefined; instances: TestHost[] } = { host: undefined, instances: [] }
let a: TestHost
let b: TestHost

beforeAll(async () => {
  // Nobody has been here: the ten that start at once find an empty database.
  installation.host = await startService([])
  const options = { env: { ...operatorSettings, DATABASE_POOL_SIZE: '3' }, beside: installation.host }
  const starting = Array.from({ length: 10 }, () => startService([createUserService], options))
  installation.instances = await Promise.all(starting)
  ;[a, b] = installation.instances as [TestHost, TestHost]
}, 60_000)
afterAll(async () => {
  for (const host of installation.instances) await host.stop()
  await installation.host?.stop()
})

const atAll = <T>(ask: (host: TestHost) => Promise<T>) => Promise.all(installation.instances.map(ask))

describe('ten that start at once on an empty database', () => {
  test('apply each migration once', async () => {
    const applied = await a.query('user', 'select name, count(*) as times from kysely_migration group by name')
    expect(applied.length).toBeGreaterThan(1)
    for (const { times } of applied) expect(Number(times)).toBe(1)
  })

  test('make one first operator, who can sign in at each', async () => {
    const operators = await a.query('user', "select email from users where role = 'operator'")
    expect(operators).toEqual([{ email: operatorEmail }])
    const replies = await atAll(host => signIn(host, operatorEmail))
    expect(replies.map(({ status }) => status)).toEqual(new Array(10).fill(200))
  })

  test('sign with one key', async () => {
    const keys = await atAll(async host => (await call(host.url, 'GET /.well-known/jwks.json')).text)
    expect(new Set(keys).size).toBe(1)
    const { token } = await newCustomer(a)
    const replies = await atAll(host => details(host, token))
    expect(replies.map(({ status }) => status)).toEqual(new Array(10).fill(200))
  })
})

test('an e-mail that is signed up at two at once belongs to one of the two', async () => {
  for (let at = 0; at < 5; at++) {
    const email = newEmail()
    const replies = await Promise.all([signUp(a, { email }), signUp(b, { email: email.toUpperCase() })])
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(replies.find(({ status }) => status === 409)!.body.code).toBe('EMAIL_TAKEN')
  }
})

test('a refresh token that is used at two at once is good for one, and its session ends', async () => {
  for (let at = 0; at < 5; at++) {
    const { token, refreshToken, sessionId } = await newCustomer(a)
    const replies = await Promise.all([refresh(a, refreshToken), refresh(b, refreshToken)])
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 401])
    const won = replies.find(({ status }) => status === 200)!.body.data
    expect(claimsOf(won.access_token).sid).toBe(sessionId)
    // Whoever brought it second may be a thief, and so may the first.
    for (const host of [a, b]) {
      expect((await refresh(host, won.refresh_token)).status).toBe(401)
      for (const access of [token, won.access_token]) await until(() => statusOf(host, access), is401, 5)
    }
    const said = a.broker.published.filter(({ type, subject }) => type === 'session.revoked' && subject === sessionId)
    expect(said).toHaveLength(1)
  }
})

test('signing out at one ends the session at all, at once and not when caches have forgotten it', async () => {
  const { token } = await newCustomer(a)
  await atAll(host => details(host, token))
  expect((await call(b.url, 'DELETE /authentication', { token })).status).toBe(204)
  const startedAt = performance.now()
  await atAll(host => until(() => statusOf(host, token), is401, 5))
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('a new password at one ends the sessions that were opened at others', async () => {
  const person = await newCustomer(a)
  const elsewhere = await newSession(b, person.email)
  const body = { password: 'a better password', current_password: password }
  expect((await call(a.url, 'PATCH /user/details', { token: person.token, body })).status).toBe(200)
  await atAll(host => until(() => statusOf(host, elsewhere.token), is401, 5))
  expect((await details(b, person.token)).status).toBe(200)
})

const statusOf = async (host: TestHost, token: string) => (await details(host, token)).status
const is401 = (status: number) => status === 401

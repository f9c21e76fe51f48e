import type { UserRecord } from '@waybill/contracts'
import { call, startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createUserService } from '../src/user-service.ts'
import { details, newCustomer, newEmail, operatorSettings, type Person, signIn, signUp, theOperator } from './people.ts'

const change = (host: TestHost, token: string, id: string, body: unknown) =>
  call<UserRecord>(host.url, `PATCH /users/${id}`, { token, body })
const show = (host: TestHost, token: string, id: string) => call<UserRecord>(host.url, `GET /users/${id}`, { token })

describe('with one operator and customers', () => {
  let host: TestHost
  let operator: Person

  beforeAll(async () => {
    host = await startService([createUserService], { env: operatorSettings })
    operator = await theOperator(host)
  })
  afterAll(() => host.stop())

  const changesOf = (id: string) =>
    host.broker.published.filter(event => event.type === 'user.changed' && event.data.user_id === id)

  test('users are listed newest first, page by page, each once', async () => {
    const emails = Array.from({ length: 5 }, newEmail)
    for (const email of emails) await signUp(host, { email })
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`
      const { status, body } = await call<UserRecord[]>(host.url, `GET /users?limit=2${query}`, {
        token: operator.token,
      })
      expect(status).toBe(200)
      expect(body.data.length).toBeLessThanOrEqual(2)
      seen.push(...body.data.map(user => user.email))
      cursor = body.page!.next_cursor
    } while (cursor !== null)
    expect(seen.slice(0, 5)).toEqual(emails.toReversed())
    expect(seen.at(-1)).toBe(operator.email)
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('a cursor of another making is refused', async () => {
    const { status, body } = await call(host.url, 'GET /users?cursor=abcdefghijklmnopqrstuvwxyz', {
      token: operator.token,
    })
    expect([status, body.errors?.[0]?.field]).toEqual([400, 'cursor'])
  })

  test('an operator sees of a user what the user sees, and whether they are disabled; never the password', async () => {
    const ada = await newCustomer(host)
    const { status, body, text } = await show(host, operator.token, ada.user.id)
    expect([status, body.data]).toEqual([
      200,
      { ...ada.user, disabled: false, updated_at: expect.stringMatching(/Z$/) },
    ])
    expect(text).not.toContain('argon2')
  })

  test.each([
    ['GET /users', undefined],
    ['GET /users/:id', undefined],
    ['PATCH /users/:id', { role: 'operator' }],
  ])('%s is not for customers, of others nor of themselves', async (path, body) => {
    const [ada, bob] = [await newCustomer(host), await newCustomer(host)]
    for (const { user } of [ada, bob]) {
      const reply = await call(host.url, path.replace(':id', user.id), { token: ada.token, body })
      expect([reply.status, reply.body.code]).toEqual([403, 'FORBIDDEN'])
    }
    expect((await details(host, ada.token)).body.data.role).toBe('customer')
  })

  test('a user who is not there is not found', async () => {
    const id = '01900000-0000-7000-8000-000000000000'
    for (const reply of [
      await show(host, operator.token, id),
      await change(host, operator.token, id, { role: 'customer' }),
    ])
      expect([reply.status, reply.body.code]).toEqual([404, 'USER_NOT_FOUND'])
  })

  test('a new role, account and access are seen at once by the user, and everybody is told each time', async () => {
    const ada = await newCustomer(host)
    const { status, body } = await change(host, operator.token, ada.user.id, { role: 'operator', account: 'team-7' })
    expect([status, body.data]).toMatchObject([200, { role: 'operator', account: 'team-7', disabled: false }])
    expect((await details(host, ada.token)).body.data).toEqual({ ...ada.user, role: 'operator', account: 'team-7' })
    expect((await call(host.url, 'GET /users', { token: ada.token })).status).toBe(200)
    await change(host, operator.token, ada.user.id, { role: 'customer' })
    expect((await call(host.url, 'GET /users', { token: ada.token })).status).toBe(403)
    expect((await details(host, ada.token)).body.data.account).toBe('team-7')
    expect(changesOf(ada.user.id)).toHaveLength(2)
  })

  test('a disabled user is out with the next request, in all sessions, and comes in again only by signing in', async () => {
    const ada = await newCustomer(host)
    const { body } = await change(host, operator.token, ada.user.id, { disabled: true })
    expect(body.data.disabled).toBe(true)
    expect((await details(host, ada.token)).status).toBe(401)
    expect((await signIn(host, ada.email)).body.code).toBe('INVALID_CREDENTIALS')
    await host.broker.waitFor('session.revoked', ada.sessionId)
    await change(host, operator.token, ada.user.id, { disabled: false })
    expect((await details(host, ada.token)).status).toBe(401)
    expect((await signIn(host, ada.email)).status).toBe(200)
    expect(changesOf(ada.user.id)).toHaveLength(2)
  })

  test.each([
    [{}, ['body']],
    [{ role: 'king' }, ['role']],
    [{ account: '../bob', disabled: 'yes' }, ['account', 'disabled']],
    [{ account: '_shared' }, ['account']],
    [{ account: '.hidden' }, ['account']],
    [{ email: 'ada@example.com' }, ['email']],
  ])('%j is refused by its fields', async (body, fields) => {
    const ada = await newCustomer(host)
    const reply = await change(host, operator.token, ada.user.id, body)
    expect([reply.status, reply.body.errors?.map(error => error.field)]).toEqual([400, fields])
  })
})

describe('the last operator stays', () => {
  let host: TestHost
  let operator: Person

  beforeEach(async () => {
    host = await startService([createUserService], { env: operatorSettings })
    operator = await theOperator(host)
  })
  afterEach(() => host.stop())

  async function secondOperator(): Promise<Person> {
    const second = await newCustomer(host)
    await change(host, operator.token, second.user.id, { role: 'operator' })
    return second
  }

  const losses = [{ role: 'customer' }, { disabled: true }, { role: 'customer', disabled: true }]

  test.each(losses)('%j is refused for the only one, and changes nothing', async body => {
    const refused = await change(host, operator.token, operator.user.id, { ...body, account: 'elsewhere' })
    expect([refused.status, refused.body.code]).toEqual([409, 'LAST_OPERATOR'])
    const { body: now } = await show(host, operator.token, operator.user.id)
    expect(now.data).toMatchObject({ role: 'operator', disabled: false, account: operator.user.id })
    expect(host.broker.published).toEqual([])
  })

  test.each(losses)('%j is allowed while another one is there', async body => {
    const second = await secondOperator()
    expect((await change(host, operator.token, operator.user.id, body)).status).toBe(200)
    expect((await show(host, second.token, operator.user.id)).body.data).toMatchObject(body)
  })

  test.each(losses)('%j is refused while the only other one is disabled', async body => {
    const second = await secondOperator()
    await change(host, operator.token, second.user.id, { disabled: true })
    expect((await change(host, operator.token, operator.user.id, body)).status).toBe(409)
    // Who cannot sign in is no operator to lose.
    expect((await change(host, operator.token, second.user.id, { role: 'customer' })).status).toBe(200)
  })

  test.each(losses)('of two who do %j to each other at once, one stays', async body => {
    const second = await secondOperator()
    const replies = await Promise.all([
      change(host, operator.token, second.user.id, body),
      change(host, second.token, operator.user.id, body),
    ])
    // The loser either finds itself the last, or is out before it is asked.
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    const stays = replies[0]!.status === 200 ? operator : second
    const { body: left } = await call<UserRecord[]>(host.url, 'GET /users', { token: stays.token })
    expect(left.data.filter(user => user.role === 'operator' && !user.disabled)).toHaveLength(1)
  })

  test('the only operator may be changed in what leaves an operator', async () => {
    const body = { role: 'operator', account: 'main', disabled: false }
    expect((await change(host, operator.token, operator.user.id, body)).status).toBe(200)
  })
})

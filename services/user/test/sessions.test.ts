import { call, startService, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createUserService } from '../src/user-service.ts'
import { details, newCustomer, newSession, operatorSettings, refresh, theOperator } from './people.ts'

const minute = 60_000
let host: TestHost

beforeAll(async () => {
  // Access tokens outlive the refresh tokens here, so that each end can be seen alone.
  host = await startService([createUserService], {
    env: { ...operatorSettings, JWT_EXPIRES_IN: '15m', REFRESH_EXPIRES_IN: '10m' },
  })
})
afterAll(() => host.stop())

const revocationsOf = (sessionId: string) =>
  host.broker.published.filter(event => event.type === 'session.revoked' && event.data.session_id === sessionId)

/** A session that was refreshed once, so that it has a used refresh token beside the unused one. */
async function refreshedSession() {
  const person = await newCustomer(host)
  const { data } = (await refresh(host, person.refreshToken)).body
  return { ...person, token: data.access_token, used: person.refreshToken, unused: data.refresh_token }
}
type Session = Awaited<ReturnType<typeof refreshedSession>>

async function setDisabled({ user }: Session, disabled: boolean): Promise<void> {
  const { token } = await theOperator(host)
  const { status } = await call(host.url, `PATCH /users/${user.id}`, { token, body: { disabled } })
  expect(status).toBe(200)
}

const states = {
  open: async () => {},
  'no longer refreshable': async () => host.clock.advance(10 * minute),
  'signed out': async ({ token }) => {
    await call(host.url, 'DELETE /authentication', { token })
  },
  'of a disabled user': session => setDisabled(session, true),
  'of a user who was disabled for a while': async session => {
    await setDisabled(session, true)
    await setDisabled(session, false)
  },
} satisfies Record<string, (session: Session) => Promise<void>>

const operations = {
  'its access token': ({ token }) => details(host, token),
  'its refresh token': ({ unused }) => refresh(host, unused),
  'a used refresh token': ({ used }) => refresh(host, used),
  'signing out': ({ token }) => call(host.url, 'DELETE /authentication', { token }),
} satisfies Record<string, (session: Session) => Promise<{ status: number }>>

describe('every state of a session and everything that may be tried with it', () => {
  /** Operation: the status, and whether the session is revoked by it. */
  const cells: Record<keyof typeof states, Record<keyof typeof operations, [status: number, revokes: boolean]>> = {
    open: {
      'its access token': [200, false],
      'its refresh token': [200, false],
      'a used refresh token': [401, true],
      'signing out': [204, true],
    },
    'no longer refreshable': {
      'its access token': [200, false],
      'its refresh token': [401, false],
      'a used refresh token': [401, true],
      'signing out': [204, true],
    },
    'signed out': {
      'its access token': [401, false],
      'its refresh token': [401, false],
      'a used refresh token': [401, false],
      'signing out': [401, false],
    },
    'of a disabled user': {
      'its access token': [401, false],
      'its refresh token': [401, false],
      'a used refresh token': [401, false],
      'signing out': [401, false],
    },
    'of a user who was disabled for a while': {
      'its access token': [401, false],
      'its refresh token': [401, false],
      'a used refresh token': [401, false],
      'signing out': [401, false],
    },
  }
  const table = Object.entries(cells).flatMap(([state, row]) =>
    Object.entries(row).map(
      ([operation, [status, revokes]]) =>
        [state as keyof typeof states, operation as keyof typeof operations, status, revokes] as const,
    ),
  )

  test.each(table)('a session %s, %s: %i, revoked by that: %s', async (state, operation, status, revokes) => {
    const session = await refreshedSession()
    await states[state](session)
    const before = revocationsOf(session.sessionId).length
    expect((await operations[operation](session)).status).toBe(status)
    expect(revocationsOf(session.sessionId).length - before).toBe(revokes ? 1 : 0)
    if (!revokes) return
    expect((await details(host, session.token)).status).toBe(401)
    expect((await refresh(host, session.unused)).status).toBe(401)
  })
})

test('a refresh gives a new pair of the same session, and the access token of before goes on working', async () => {
  const { token, refreshToken, sessionId, user } = await newCustomer(host)
  const { status, body } = await refresh(host, refreshToken)
  expect(status).toBe(200)
  expect(body.data.access_token).not.toBe(token)
  expect(body.data.refresh_token).not.toBe(refreshToken)
  for (const it of [token, body.data.access_token]) expect((await details(host, it)).body.data.id).toBe(user.id)
  expect(revocationsOf(sessionId)).toEqual([])
})

test('a session lives as long as it is refreshed in time', async () => {
  const person = await newCustomer(host)
  let token = person.refreshToken
  for (let times = 0; times < 4; times++) {
    host.clock.advance(9 * minute)
    const { status, body } = await refresh(host, token)
    expect(status).toBe(200)
    token = body.data.refresh_token
  }
  host.clock.advance(10 * minute)
  expect((await refresh(host, token)).body.code).toBe('INVALID_CREDENTIALS')
})

test('of two who bring one refresh token at once one gets a pair, and then neither has a session', async () => {
  const { refreshToken, token, sessionId } = await newCustomer(host)
  const replies = await Promise.all([refresh(host, refreshToken), refresh(host, refreshToken)])
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 401])
  const won = replies.find(({ status }) => status === 200)!.body.data
  expect((await details(host, won.access_token)).status).toBe(401)
  expect((await details(host, token)).status).toBe(401)
  expect((await refresh(host, won.refresh_token)).status).toBe(401)
  expect(revocationsOf(sessionId)).toHaveLength(1)
})

test('a refresh token that is used twice ends its own session and no other of the same user', async () => {
  const one = await newCustomer(host)
  const other = await newSession(host, one.email)
  await refresh(host, one.refreshToken)
  await refresh(host, one.refreshToken)
  expect((await details(host, one.token)).status).toBe(401)
  expect((await details(host, other.token)).status).toBe(200)
  expect((await refresh(host, other.refreshToken)).status).toBe(200)
})

test.each(['', 'x', 'no such token', '🙈'.repeat(100), "' or 1=1 --"])(
  'the refresh token "%s" is refused like any other bad one',
  async bad => {
    const { status, body, headers } = await refresh(host, bad)
    if (bad === '') return expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
    expect([status, body.code, headers.get('www-authenticate')]).toEqual([401, 'INVALID_CREDENTIALS', 'Bearer'])
    return undefined
  },
)

test('signing out says so once and needs a token', async () => {
  const { token, sessionId, user } = await newCustomer(host)
  const [first, second] = await Promise.all(
    [token, token].map(it => call(host.url, 'DELETE /authentication', { token: it })),
  )
  expect([first!.status, second!.status].filter(status => status === 204).length).toBeGreaterThan(0)
  const event = await host.broker.waitFor('session.revoked', sessionId)
  expect(event.data).toEqual({ session_id: sessionId, user_id: user.id })
  expect(event.source).toBe('/waybill/user')
  expect(revocationsOf(sessionId)).toHaveLength(1)
  expect((await call(host.url, 'DELETE /authentication')).body.code).toBe('NOT_AUTHENTICATED')
})

test('sessions, keys and revocations outlive a restart', async () => {
  let server = await startService([createUserService], { env: operatorSettings })
  try {
    const [kept, gone] = [await newCustomer(server), await newCustomer(server)]
    await call(server.url, 'DELETE /authentication', { token: gone.token })
    const keys = (await call(server.url, 'GET /.well-known/jwks.json')).text
    server = await server.restart()
    expect((await call(server.url, 'GET /.well-known/jwks.json')).text).toBe(keys)
    expect((await details(server, kept.token)).body.data).toEqual(kept.user)
    expect((await refresh(server, kept.refreshToken)).status).toBe(200)
    expect((await details(server, gone.token)).status).toBe(401)
    expect((await refresh(server, gone.refreshToken)).status).toBe(401)
  } finally {
    await server.stop()
  }
})

test('what the database keeps of a session lets nobody refresh, and goes once its last access token has expired', async () => {
  const server = await startService([createUserService], { env: { JWT_EXPIRES_IN: '2h', REFRESH_EXPIRES_IN: '10m' } })
  const count = async (table: string) =>
    (await server.query('user', `select count(*) as count from ${table}`))[0]!.count
  const nextSweep = async () =>
    Number((await server.query('user', "select due_at from timers where kind = 'remove-ended-sessions'"))[0]!.due_at)
  const sweep = async (milliseconds: number) => {
    server.clock.advance(milliseconds)
    await until(nextSweep, dueAt => dueAt > server.clock.now())
  }
  try {
    const old = await newCustomer(server)
    await refresh(server, old.refreshToken)
    const stored = JSON.stringify(await server.query('user', 'select * from refresh_tokens'))
    expect(stored).toContain(old.sessionId)
    expect(stored).not.toContain(old.refreshToken)
    await sweep(61 * minute)
    expect(await count('sessions')).toBe(1)
    expect((await details(server, old.token)).status).toBe(200)
    await sweep(75 * minute)
    expect([await count('sessions'), await count('refresh_tokens')]).toEqual([0, 0])
  } finally {
    await server.stop()
  }
})

test('the used tokens of a session that lives on are forgotten, and stay refused', async () => {
  const server = await startService([createUserService], { env: { REFRESH_EXPIRES_IN: '50m' } })
  const tokens = async () =>
    Number((await server.query('user', 'select count(*) as count from refresh_tokens'))[0]!.count)
  try {
    const person = await newCustomer(server)
    let token = person.refreshToken
    for (let times = 0; times < 5; times++) {
      server.clock.advance(40 * minute)
      token = (await refresh(server, token)).body.data.refresh_token
    }
    // Six were given; those of the last 50 minutes, and those of the hour before the next sweep, are known.
    await until(tokens, count => count < 5)
    expect((await refresh(server, person.refreshToken)).status).toBe(401)
    expect((await refresh(server, token)).status).toBe(200)
  } finally {
    await server.stop()
  }
})

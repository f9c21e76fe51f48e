import type { TokenPair } from '@waybill/contracts'
import { call, startService, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPasswordHashing } from '../src/bo/password-hashing.ts'
import { createUserService } from '../src/user-service.ts'
import { details, newCustomer, newEmail, operatorSettings, password, signIn, signUp, theOperator } from './people.ts'

const hashing = createPasswordHashing()
const verified: { passwordHash: string; password: string }[] = []
/** Runs between a good password and the session that it would open. */
let afterVerifying: (() => Promise<void>) | undefined
let host: TestHost

beforeAll(async () => {
  host = await startService(
    [
      it =>
        createUserService(it, {
          hash: hashing.hash,
          async verify(passwordHash, given) {
            verified.push({ passwordHash, password: given })
            const matches = await hashing.verify(passwordHash, given)
            const between = afterVerifying
            afterVerifying = undefined
            await between?.()
            return matches
          },
        }),
    ],
    { env: operatorSettings },
  )
})
afterAll(() => host.stop())

test('e-mail and password give a bearer token that works, for as long as it says, and one that refreshes it', async () => {
  const email = newEmail()
  await signUp(host, { email })
  const { status, body, headers } = await signIn(host, email)
  expect(status).toBe(200)
  expect(body.data).toEqual({
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    token_type: 'Bearer',
    expires_in: 900,
    refresh_token: expect.stringMatching(/^[\w-]{43}$/),
  })
  expect(headers.get('cache-control')).toBe('no-store')
  expect((await details(host, body.data.access_token)).body.data.email).toBe(email)
})

test('the case of the e-mail does not count, nor how an accent of the password was typed', async () => {
  const email = newEmail()
  await signUp(host, { email, password: 'mot de passé'.normalize('NFC') })
  expect((await signIn(host, email.toUpperCase(), 'mot de passé'.normalize('NFD'))).status).toBe(200)
})

test('each sign-in is a session of its own', async () => {
  const email = newEmail()
  await signUp(host, { email })
  const [one, other] = [await signIn(host, email), await signIn(host, email)]
  await call(host.url, 'DELETE /authentication', { token: one.body.data.access_token })
  expect((await details(host, other.body.data.access_token)).status).toBe(200)
})

test('an unknown e-mail, a disabled user and a wrong password get the same answer, and a password is verified for each', async () => {
  const wrong = await newCustomer(host)
  const disabled = await newCustomer(host)
  const { token } = await theOperator(host)
  await call(host.url, `PATCH /users/${disabled.user.id}`, { token, body: { disabled: true } })
  const unknown = newEmail()

  const answers = []
  for (const [email, given] of [
    [unknown, password],
    [disabled.email, password],
    [wrong.email, 'not my password'],
  ] as const) {
    verified.length = 0
    const { status, headers, body } = await signIn(host, email, given)
    expect(verified).toEqual([
      { passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/), password: given },
    ])
    answers.push({ status, challenge: headers.get('www-authenticate'), ...body, request_id: '' })
  }
  expect(answers[0]).toMatchObject({ status: 401, code: 'INVALID_CREDENTIALS', challenge: 'Bearer' })
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
})

test('whoever is disabled while their password is verified gets no session', async () => {
  const { user, email } = await newCustomer(host)
  const { token } = await theOperator(host)
  afterVerifying = async () => {
    await call(host.url, `PATCH /users/${user.id}`, { token, body: { disabled: true } })
  }
  const { status, body } = await signIn(host, email)
  expect([status, body.code]).toEqual([401, 'INVALID_CREDENTIALS'])
  await call(host.url, `PATCH /users/${user.id}`, { token, body: { disabled: false } })
  expect((await signIn(host, email)).status).toBe(200)
})

test('a password that is changed while it is verified opens no session behind the change', async () => {
  const ada = await newCustomer(host)
  afterVerifying = async () => {
    const body = { password: 'another password', current_password: password }
    expect((await call(host.url, 'PATCH /user/details', { token: ada.token, body })).status).toBe(200)
  }
  expect((await signIn(host, ada.email)).status).toBe(401)
  expect((await signIn(host, ada.email, 'another password')).status).toBe(200)
})

test('too many sign-ins for one e-mail are refused for a while; another e-mail is not held up', async () => {
  const limited = await startService([createUserService], { env: { SIGN_IN_LIMIT_PER_MINUTE: '3' } })
  try {
    const [ada, bob] = [newEmail(), newEmail()]
    await signUp(limited, { email: ada })
    await signUp(limited, { email: bob })
    for (const email of [ada, ada.toUpperCase(), ada]) expect((await signIn(limited, email)).status).toBe(200)
    const refused = await signIn(limited, ada)
    expect([refused.status, refused.body.code]).toEqual([429, 'TOO_MANY_REQUESTS'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(refused.headers.get('ratelimit-remaining')).toBe('0')
    expect((await signIn(limited, bob)).status).toBe(200)
  } finally {
    await limited.stop()
  }
})

test('under NOT_AUTHENTICATED_STATUS=501 a bad token is 501 with its challenge, wrong credentials stay 401', async () => {
  const old = await startService([createUserService], { env: { NOT_AUTHENTICATED_STATUS: '501' } })
  try {
    const { status, headers, body } = await details(old, 'no.such.token')
    expect([status, body.code, headers.get('www-authenticate')]).toEqual([501, 'NOT_AUTHENTICATED', 'Bearer'])
    expect((await signIn(old, newEmail())).status).toBe(401)
  } finally {
    await old.stop()
  }
})

test.each([
  [{ email: 'ada@example.com' }, ['password']],
  [{ email: 1, password: true, remember: true }, ['email', 'password', 'remember']],
])('a body like %j is refused by its fields', async (body, fields) => {
  const reply = await call<TokenPair>(host.url, 'POST /authentication', { body })
  expect([reply.status, reply.body.errors?.map(error => error.field)]).toEqual([400, fields])
})

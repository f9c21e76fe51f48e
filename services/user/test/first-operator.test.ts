import { readWaybillSettings } from '@waybill/contracts/settings'
import { createLogger } from '@waybill/platform/log'
import type { ServiceHost } from '@waybill/platform/service'
import { call, startService, type TestHost } from '@waybill/platform/testing'
import { expect, test } from 'vitest'
import { createUserService, type UserService } from '../src/user-service.ts'
import { newCustomer, newSession, operatorEmail, operatorSettings, password, signIn, signUp } from './people.ts'

async function withHost(env: Record<string, string>, work: (host: TestHost, user: UserService) => Promise<void>) {
  const host = await startService([createUserService], { env })
  try {
    await work(host, host.services[0] as UserService)
  } finally {
    await host.stop()
  }
}

test('OPERATOR_EMAIL and OPERATOR_PASSWORD make the first operator, once', async () => {
  let host = await startService([createUserService], { env: operatorSettings })
  try {
    const { user } = await newSession(host, operatorEmail)
    expect(user).toMatchObject({ role: 'operator', email: operatorEmail, cloud: null })
    expect(await (host.services[0] as UserService).hasOperator()).toBe(true)
    host = await host.restart()
    const { token, user: same } = await newSession(host, operatorEmail)
    expect(same).toEqual(user)
    expect((await call<unknown[]>(host.url, 'GET /users', { token })).body.data).toHaveLength(1)
  } finally {
    await host.stop()
  }
})

test('nobody can sign up with the e-mail of the first operator', () =>
  withHost(operatorSettings, async host => {
    expect((await signUp(host, { email: operatorEmail.toUpperCase() })).body.code).toBe('EMAIL_TAKEN')
  }))

test('without settings there is no operator until the process makes one', () =>
  withHost({}, async (host, user) => {
    await newCustomer(host)
    expect(await user.hasOperator()).toBe(false)
    const both = [user.ensureOperator(operatorEmail, password), user.ensureOperator(operatorEmail, password)]
    expect((await Promise.all(both)).sort()).toEqual(['created', 'exists'])
    expect(await user.hasOperator()).toBe(true)
    expect((await newSession(host, operatorEmail)).user.role).toBe('operator')
    expect(await user.ensureOperator(operatorEmail.toUpperCase(), 'another password')).toBe('exists')
    expect((await signIn(host, operatorEmail)).status).toBe(200)
  }))

test('a customer who has the e-mail of the operator stays a customer with their own password, and it is said', async () => {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  const withLog = (host: ServiceHost) =>
    createUserService({ ...host, log: createLogger({ name: 'test', level: 'warn', stream }) })
  const host = await startService([withLog])
  try {
    await signUp(host, { email: operatorEmail, password: 'a customer password' })
    const user = host.services[0] as UserService
    expect(await user.ensureOperator(operatorEmail, password)).toBe('exists')
    expect((await newSession(host, operatorEmail, 'a customer password')).user.role).toBe('customer')
    expect((await signIn(host, operatorEmail)).status).toBe(401)
    expect(await user.hasOperator()).toBe(false)
    expect(lines.join('')).toContain('no operator was made')
    expect(lines.join('')).not.toContain(password)
  } finally {
    await host.stop()
  }
})

const rsaLike = '-----BEGIN PRIVATE KEY-----\nsecretsecret\n-----END PRIVATE KEY-----'

test.each([
  ['an operator without a password', { OPERATOR_EMAIL: operatorEmail }, ['OPERATOR_PASSWORD']],
  ['a password without an operator', { OPERATOR_PASSWORD: password }, ['OPERATOR_EMAIL']],
  [
    'a password that is too short',
    { OPERATOR_EMAIL: operatorEmail, OPERATOR_PASSWORD: 'hunter2' },
    ['OPERATOR_PASSWORD'],
  ],
  [
    'a password that is too long',
    { OPERATOR_EMAIL: operatorEmail, OPERATOR_PASSWORD: 'hunter2'.repeat(20) },
    ['OPERATOR_PASSWORD'],
  ],
  [
    'an e-mail that is too long',
    { OPERATOR_EMAIL: `${'a'.repeat(250)}@example.com`, OPERATOR_PASSWORD: password },
    ['OPERATOR_EMAIL'],
  ],
  ['a key that is none', { JWT_PRIVATE_KEY: rsaLike }, ['JWT_PRIVATE_KEY']],
  [
    'all of it wrong',
    { JWT_PRIVATE_KEY: 'x', OPERATOR_EMAIL: operatorEmail, OPERATOR_PASSWORD: 'hunter2' },
    ['JWT_PRIVATE_KEY', 'OPERATOR_PASSWORD'],
  ],
])('%s stops the start with a line for each setting, and no line shows a secret', async (_what, env, names) => {
  const error = await startService([createUserService], { env }).then(
    () => undefined,
    it => it,
  )
  expect(error?.name).toBe('SettingsError')
  expect(error.lines.map((line: string) => line.split(' ')[0])).toEqual(names)
  expect(error.message).not.toMatch(/hunter2|secretsecret/)
  // What the schema alone can judge is good: it is this service that finds them bad.
  expect(() => readWaybillSettings(env)).not.toThrow()
})

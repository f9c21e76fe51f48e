// People as the tests know them: signed up, signed in, and what they hold.
import { randomUUID } from 'node:crypto'
import type { TokenPair, User } from '@waybill/contracts'
import { call, type Reply, type TestHost } from '@waybill/platform/testing'

export const password = 'correct horse battery'
export const operatorEmail = 'operator@example.com'
export const operatorSettings = { OPERATOR_EMAIL: operatorEmail, OPERATOR_PASSWORD: password }

export interface Person {
  user: User
  email: string
  token: string
  refreshToken: string
  sessionId: string
}

export const newEmail = () => `${randomUUID()}@example.com`

export function signUp(host: TestHost, body: Record<string, unknown> = {}): Promise<Reply<User>> {
  return call<User>(host.url, 'POST /user', { body: { name: 'Ada', email: newEmail(), password, ...body } })
}

export function signIn(host: TestHost, email: string, secret = password): Promise<Reply<TokenPair>> {
  return call<TokenPair>(host.url, 'POST /authentication', { body: { email, password: secret } })
}

export function refresh(host: TestHost, refreshToken: string): Promise<Reply<TokenPair>> {
  return call<TokenPair>(host.url, 'POST /authentication/refresh', { body: { refresh_token: refreshToken } })
}

export function details(host: TestHost, token: string): Promise<Reply<User>> {
  return call<User>(host.url, 'GET /user/details', { token })
}

/** A session of a user who is there. */
export async function newSession(host: TestHost, email: string, secret = password): Promise<Person> {
  const { body } = await signIn(host, email, secret)
  const { access_token: token, refresh_token: refreshToken } = body.data
  const { data: user } = (await details(host, token)).body
  return { user, email, token, refreshToken, sessionId: String(claimsOf(token).sid) }
}

/** Somebody new, signed in. */
export async function newCustomer(host: TestHost): Promise<Person> {
  const email = newEmail()
  await signUp(host, { email })
  return newSession(host, email)
}

export const theOperator = (host: TestHost) => newSession(host, operatorEmail)

/** What a token says, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
}

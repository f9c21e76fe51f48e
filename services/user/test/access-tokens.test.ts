import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { CachedAuthenticator } from '@waybill/platform/auth'
import { call, startService, type TestHost } from '@waybill/platform/testing'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createUserService } from '../src/user-service.ts'
import { claimsOf, details, newCustomer, type Person } from './people.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
let host: TestHost
let ada: Person

beforeAll(async () => {
  host = await startService([createUserService], { env: { JWT_PRIVATE_KEY: pem } })
  ada = await newCustomer(host)
})
afterAll(() => host.stop())

const keySet = async () => JSON.parse((await call(host.url, 'GET /.well-known/jwks.json')).text) as JSONWebKeySet
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** The claims of a token of Ada's that is good. */
const good = () => claimsOf(ada.token)

function signed(claims: Record<string, unknown>, options: { key?: typeof privateKey; alg?: string } = {}) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: options.alg ?? 'EdDSA', typ: 'JWT' })
    .sign(options.key ?? privateKey)
}

test('the public keys verify a token, and nothing of the private key is among them', async () => {
  const keys = await keySet()
  expect(keys).toEqual({
    keys: [{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), use: 'sig', alg: 'EdDSA' }],
  })
  const { payload, protectedHeader } = await jwtVerify(ada.token, createLocalJWKSet(keys), {
    issuer: 'waybill',
    audience: 'waybill',
    algorithms: ['EdDSA'],
  })
  expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'JWT', kid: keys.keys[0]!.kid })
  expect(payload).toEqual({
    iss: 'waybill',
    aud: 'waybill',
    sub: ada.user.id,
    sid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    iat: expect.any(Number),
    exp: payload.iat! + 900,
  })
})

describe('a token that is not ours', () => {
  test('the same claims, signed with our key, are good: what the cases below change is what is refused', async () => {
    expect((await details(host, await signed(good()))).status).toBe(200)
  })

  const forged: Record<string, () => Promise<string> | string> = {
    'is not signed (alg none)': () => `${part({ alg: 'none', typ: 'JWT' })}.${part(good())}.`,
    'is signed by HS256 with our public key as the secret': () => {
      const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(good())}`
      const secret = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
    },
    'is signed with another Ed25519 key': () => signed(good(), { key: generateKeyPairSync('ed25519').privateKey }),
    'is signed with an RSA key': () =>
      signed(good(), { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, alg: 'RS256' }),
    'was given another user': () => {
      const [head, , signature] = ada.token.split('.')
      return `${head}.${part({ ...good(), sub: '01900000-0000-7000-8000-000000000000' })}.${signature}`
    },
    'was given a longer life': () => {
      const [head, , signature] = ada.token.split('.')
      return `${head}.${part({ ...good(), exp: Number(good().exp) + 3_600 })}.${signature}`
    },
    'has another issuer': () => signed({ ...good(), iss: 'somebody else' }),
    'is for another audience': () => signed({ ...good(), aud: 'somebody else' }),
    'has no issuer': () => signed({ ...good(), iss: undefined }),
    'has no audience': () => signed({ ...good(), aud: undefined }),
    'names no session': () => signed({ ...good(), sid: undefined }),
    'names a session that is not there': () => signed({ ...good(), sid: '01900000-0000-7000-8000-000000000000' }),
    'names a session that is no text': () => signed({ ...good(), sid: [good().sid] }),
    'names no user': () => signed({ ...good(), sub: undefined }),
    'never ends': () => signed({ ...good(), exp: undefined }),
    'has no id': () => signed({ ...good(), jti: undefined }),
    'ended a second ago': () => signed({ ...good(), exp: Math.floor(host.clock.now() / 1_000) - 1 }),
    'has lost its signature': () => ada.token.split('.').slice(0, 2).join('.'),
    'has lost its last character': () => ada.token.slice(0, -2),
    'is no token': () => 'rubbish',
    'is three dots': () => '...',
  }
  test.each(Object.entries(forged))('that %s is refused', async (_what, forge) => {
    const { status, body, headers } = await details(host, await forge())
    expect([status, body.code, headers.get('www-authenticate')]).toEqual([401, 'NOT_AUTHENTICATED', 'Bearer'])
  })

  test("that joins one user's session to another user is refused, though we signed it", async () => {
    const bob = await newCustomer(host)
    expect((await details(host, await signed({ ...good(), sid: bob.sessionId }))).status).toBe(401)
  })
})

test.each([['Basic YWRhOmFkYQ=='], ['Bearer'], ['']])('the Authorization "%s" is no sign-in', async authorization => {
  const { status } = await call(host.url, 'GET /user/details', { headers: { Authorization: authorization } })
  expect(status).toBe(401)
})

test('a token works until its end and not a moment longer, though it was good a moment before', async () => {
  const { token } = await newCustomer(host)
  const left = () => Number(claimsOf(token).exp) * 1_000 - host.clock.now()
  // A second and a half before its end: enough for the request, and within the five seconds that an answer may be kept.
  host.clock.advance(left() - 1_500)
  expect((await details(host, token)).status).toBe(200)
  host.clock.advance(1_500)
  expect((await details(host, token)).status).toBe(401)
})

test('JWT_EXPIRES_IN, JWT_ISSUER and JWT_AUDIENCE are what a token says, and a token of other terms is refused', async () => {
  const env = { JWT_PRIVATE_KEY: pem, JWT_EXPIRES_IN: '90s', JWT_ISSUER: 'us', JWT_AUDIENCE: 'them' }
  const other = await startService([createUserService], { env })
  try {
    const { token } = await newCustomer(other)
    const { iss, aud, iat, exp } = claimsOf(token)
    expect([iss, aud, Number(exp) - Number(iat)]).toEqual(['us', 'them', 90])
    expect((await details(host, token)).status).toBe(401)
  } finally {
    await other.stop()
  }
})

test('GET /user/details never answers from memory: other processes build their five seconds on it', async () => {
  const server = await startService([createUserService])
  try {
    const { token, sessionId } = await newCustomer(server)
    // As in an instance whose memory of the token nobody clears: the revocation is heard by no one here.
    const forget = CachedAuthenticator.prototype.forgetSession
    CachedAuthenticator.prototype.forgetSession = () => {}
    try {
      await call(server.url, 'DELETE /authentication', { token })
      await server.broker.waitFor('session.revoked', sessionId)
      const { status, body } = await details(server, token)
      expect([status, body.code]).toEqual([401, 'NOT_AUTHENTICATED'])
    } finally {
      CachedAuthenticator.prototype.forgetSession = forget
    }
  } finally {
    await server.stop()
  }
})

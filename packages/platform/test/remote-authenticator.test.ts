// Asking a user service in another process who is calling: what is in the way of the question is no verdict on the token.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RemoteAuthenticator } from '../src/auth/index.ts'
import { createPeer } from '../src/http/index.ts'

let server: Server
let answer: { status: number; body: string }
let authenticator: RemoteAuthenticator
const expected = { issuer: 'waybill', audience: 'waybill' }

beforeEach(async () => {
  server = createServer((_, response) => {
    response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(answer.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  authenticator = new RemoteAuthenticator(
    createPeer('user', () => `http://127.0.0.1:${port}`, 'peer-key'),
    expected,
  )
})
afterEach(() => new Promise(resolve => server.close(resolve)))

const { privateKey, publicKey } = await generateKeyPair('EdDSA')
const token = await new SignJWT({ sid: 's' })
  .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
  .setIssuer(expected.issuer)
  .setAudience(expected.audience)
  .setSubject('u')
  .setExpirationTime('1m')
  .sign(privateKey)

test.each([
  ['503 from a load balancer that finds nobody', 503, '<html>no server is available</html>'],
  ['200 without JSON', 200, 'hello'],
  ['200 without keys', 200, '{}'],
])('%s in place of the keys says that the user service is down, not that the token is bad', async (_, status, body) => {
  answer = { status, body }
  await expect(authenticator.authenticate(token)).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' })
})

test('a token of a key that the user service does not have is bad', async () => {
  answer = { status: 200, body: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'another' }] }) }
  expect(await authenticator.authenticate(token)).toBeUndefined()
})

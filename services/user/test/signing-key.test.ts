import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVault } from '@waybill/platform/auth'
import { systemClock } from '@waybill/platform/clock'
import { migrate, openDatabase } from '@waybill/platform/db'
import { call, openTestDatabases, startService } from '@waybill/platform/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepSigningKey } from '../src/bo/signing-key.ts'
import * as signingKeys from '../src/dao/signing-key-dao.ts'
import type { UserTables } from '../src/models/tables.ts'
import { createUserService } from '../src/user-service.ts'
import { details, newCustomer } from './people.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-test-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

const newPem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

test('instances that start at once on an empty database agree on one key', async () => {
  const databases = await openTestDatabases(home)
  const database = await openDatabase<UserTables>(databases.urls.user)
  await migrate(database, new URL('../migrations/', import.meta.url))
  const secret = randomBytes(32)
  const keys = await Promise.all(
    Array.from({ length: 4 }, () =>
      keepSigningKey({ database, signingKeys, vault: createVault(secret), clock: systemClock }),
    ),
  )
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1)
  await database.close()
  await databases.release()
})

test('the private key stands in the database sealed, and another secret key does not open it: the start says so', async () => {
  const secretKey = randomBytes(32)
  const first = await startService([createUserService], { home, secretKey })
  const rows = JSON.stringify(await first.query('user', 'select * from signing_keys'))
  expect(rows).toContain('v1:')
  expect(rows).not.toContain('PRIVATE KEY')
  await expect(startService([createUserService], { home, secretKey: randomBytes(32) })).rejects.toMatchObject({
    name: 'SettingsError',
    lines: [expect.stringMatching(/^WAYBILL_SECRET_KEY /)],
  })
  await first.stop()
})

test.each([
  ['as it is', (pem: string) => pem],
  ['on one line', (pem: string) => pem.replaceAll('\n', '\\n')],
])('JWT_PRIVATE_KEY %s signs, whatever the secret key, and the database keeps none', async (_how, written) => {
  const env = { JWT_PRIVATE_KEY: written(newPem()) }
  const host = await startService([createUserService], { home, env })
  try {
    const { token, user } = await newCustomer(host)
    expect(await host.query('user', 'select * from signing_keys')).toEqual([])
    const twin = await startService([createUserService], { home, env, secretKey: randomBytes(32) })
    expect((await details(twin, token)).body.data).toEqual(user)
    const [one, other] = await Promise.all([host, twin].map(it => call(it.url, 'GET /.well-known/jwks.json')))
    expect(one!.text).toBe(other!.text)
    await twin.stop()
  } finally {
    await host.stop()
  }
})

test.each([
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['X25519', generateKeyPairSync('x25519').privateKey],
])('an %s key is refused', async (_kind, key) => {
  const env = { JWT_PRIVATE_KEY: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
  await expect(startService([createUserService], { home, env })).rejects.toMatchObject({
    lines: [expect.stringMatching(/^JWT_PRIVATE_KEY must be an Ed25519/)],
  })
})

// The Ed25519 key that access tokens are signed with: given by a setting, or made once and kept sealed in the database.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Vault } from '@waybill/platform/auth'
import type { Clock } from '@waybill/platform/clock'
import { SettingsError } from '@waybill/platform/config'
import type { Database } from '@waybill/platform/db'
import type * as signingKeyDao from '../dao/signing-key-dao.ts'
import type { UserTables } from '../models/tables.ts'

export interface SigningKey {
  /** JWK thumbprint (RFC 7638). */
  kid: string
  privateKey: KeyObject
  publicKey: KeyObject
  /** The public key as it stands in the key set (RFC 8037). */
  jwk: Record<string, string>
}

interface Needs {
  database: Database<UserTables>
  signingKeys: typeof signingKeyDao
  vault: Vault
  clock: Clock
}

const purpose = 'access-token'
const sealedAs = 'signing_keys/access-token'

/** `given`: PKCS #8 PEM. Throws a SettingsError where it is no Ed25519 private key. */
export async function findSigningKey(needs: Needs, given: string | undefined): Promise<SigningKey> {
  if (given !== undefined) return describeKey(readGivenKey(given))
  const { database, signingKeys, vault } = needs
  const kept = (await signingKeys.findSigningKey(database.db, purpose)) ?? (await makeKey(needs))
  return describeKey(createPrivateKey(vault.open(kept.private_key, sealedAs)))
}

async function makeKey({ database, signingKeys, vault, clock }: Needs) {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await database.transaction(tx =>
    signingKeys.insertSigningKeyOnce(tx, { purpose, private_key: vault.seal(pem, sealedAs), created_at: clock.now() }),
  )
  // Read back: another process may have been quicker, then its key stands.
  return (await signingKeys.findSigningKey(database.db, purpose))!
}

function readGivenKey(pem: string): KeyObject {
  try {
    // Settings often arrive on one line.
    const key = createPrivateKey(pem.replaceAll('\\n', '\n'))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below, without a word of the key.
  }
  throw new SettingsError([
    'JWT_PRIVATE_KEY must be an Ed25519 private key in PKCS #8 PEM (openssl genpkey -algorithm ed25519)',
  ])
}

function describeKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const { crv, kty, x } = publicKey.export({ format: 'jwk' }) as { crv: string; kty: string; x: string }
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
  return { kid, privateKey, publicKey, jwk: { kty, crv, x, kid, use: 'sig', alg: 'EdDSA' } }
}

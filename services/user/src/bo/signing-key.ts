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

/** The key that the database keeps, made where there is none. Throws a SettingsError where WAYBILL_SECRET_KEY does not open it. */
export async function keepSigningKey(needs: Needs): Promise<SigningKey> {
  const { database, signingKeys, vault } = needs
  const kept = (await signingKeys.findSigningKey(database.db, purpose)) ?? (await makeKey(needs))
  return describeKey(createPrivateKey(openWith(vault, kept.private_key)))
}

/** Of PKCS #8 PEM; undefined where it is no Ed25519 private key. */
export function readSigningKey(pem: string): SigningKey | undefined {
  try {
    // Settings often arrive on one line.
    const key = createPrivateKey(pem.replaceAll('\\n', '\n'))
    return key.asymmetricKeyType === 'ed25519' ? describeKey(key) : undefined
  } catch {
    // What is wrong with it is not passed on: a parser may quote what it read.
    return undefined
  }
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

function openWith(vault: Vault, sealed: string): string {
  try {
    return vault.open(sealed, sealedAs)
  } catch {
    throw new SettingsError([
      'WAYBILL_SECRET_KEY is not the one that the signing key in the user database was sealed with',
    ])
  }
}

function describeKey(privateKey: KeyObject): SigningKey {
  const publicKey = createPublicKey(privateKey)
  const { crv, kty, x } = publicKey.export({ format: 'jwk' }) as { crv: string; kty: string; x: string }
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
  return { kid, privateKey, publicKey, jwk: { kty, crv, x, kid, use: 'sig', alg: 'EdDSA' } }
}

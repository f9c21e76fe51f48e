// Seals what is secret before it is stored (AES-256-GCM), and derives the keys that one secret is asked to serve.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

export interface Vault {
  /** Encrypts text for storage; `purpose` (table, row) is bound to it, so a sealed value cannot be moved elsewhere. */
  seal(text: string, purpose: string): string
  /** Throws where the value was changed, moved or sealed with another key. */
  open(sealed: string, purpose: string): string
  /** A 32-byte key of its own for a purpose (HKDF-SHA-256, RFC 5869). */
  deriveKey(purpose: string): Buffer
}

const version = 'v1'
const nonceBytes = 12
const tagBytes = 16

/** `key`: 32 bytes, the same in every process that shares the databases. */
export function createVault(key: Buffer): Vault {
  if (key.length !== 32) throw new Error(`the secret key must have 32 bytes, this one has ${key.length}`)
  const deriveKey = (purpose: string) => Buffer.from(hkdfSync('sha256', key, 'waybill', purpose, 32))
  const sealingKey = deriveKey('seal')
  return {
    deriveKey,
    seal(text, purpose) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce).setAAD(Buffer.from(purpose))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${version}:${sealed.toString('base64')}`
    },
    open(sealed, purpose) {
      const [found, encoded] = sealed.split(':')
      if (found !== version || !encoded) throw new Error('a sealed value is not in a form that is known')
      const bytes = Buffer.from(encoded, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-tagBytes))
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8')
    },
  }
}

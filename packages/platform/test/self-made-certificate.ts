// An X.509 certificate (RFC 5280) for tests, of a key that is made with it: node:crypto reads them and makes none.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface SelfMade {
  pem: string
  privateKey: KeyObject
}

/** DER: tag, length, contents. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const length = Buffer.from(content.length.toString(16).padStart(content.length > 0xff ? 4 : 2, '0'), 'hex')
  const head = content.length < 0x80 ? length : Buffer.concat([Buffer.from([0x80 + length.length]), length])
  return Buffer.concat([Buffer.from([tag]), head, content])
}

const sequence = (...contents: Buffer[]) => der(0x30, ...contents)
const utcTime = (at: number) => der(0x17, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
/** sha256WithRSAEncryption, 1.2.840.113549.1.1.11 */
const signedWith = sequence(der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05))
/** commonName, 2.5.4.3 */
const nameOf = (name: string) =>
  sequence(der(0x31, sequence(der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(name)))))

/** RSA 2048, signed by its own key, valid between two times (epoch ms). */
export function makeCertificate(name: string, validFrom: number, validTo: number): SelfMade {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    signedWith,
    nameOf(name),
    sequence(utcTime(validFrom), utcTime(validTo)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', toBeSigned, privateKey))
  const lines = sequence(toBeSigned, signedWith, signature)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')
  return { pem: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`, privateKey }
}

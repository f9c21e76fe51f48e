// Judges the settings that only the user service can judge, before anything else is begun.
import { password as passwordForm } from '@waybill/contracts'
import type { Settings } from '@waybill/contracts/settings'
import { SettingsError } from '@waybill/platform/config'
import { readSigningKey, type SigningKey } from './bo/signing-key.ts'

export interface UserSettings {
  /** Of JWT_PRIVATE_KEY; without it the database keeps one. */
  signingKey: SigningKey | undefined
  firstOperator: { email: string; password: string } | undefined
}

type Given = Pick<Settings, 'JWT_PRIVATE_KEY' | 'OPERATOR_EMAIL' | 'OPERATOR_PASSWORD'>

const emailLengthAtMost = 254

/** Throws a SettingsError with a line for each setting that is not as it must be; no line shows a secret. */
export function readUserSettings({
  JWT_PRIVATE_KEY: pem,
  OPERATOR_EMAIL: email,
  OPERATOR_PASSWORD: password,
}: Given): UserSettings {
  const lines: string[] = []
  const signingKey = pem === undefined ? undefined : readSigningKey(pem)
  if (pem !== undefined && !signingKey) {
    lines.push('JWT_PRIVATE_KEY must be an Ed25519 private key in PKCS #8 PEM (openssl genpkey -algorithm ed25519)')
  }
  if (email !== undefined && email.length > emailLengthAtMost) {
    lines.push(`OPERATOR_EMAIL must have at most ${emailLengthAtMost} characters`)
  }
  if (email === undefined && password !== undefined) lines.push('OPERATOR_EMAIL is required with OPERATOR_PASSWORD')
  if (email !== undefined && password === undefined) lines.push('OPERATOR_PASSWORD is required with OPERATOR_EMAIL')
  if (password !== undefined && passwordForm().validate(password).error) {
    lines.push('OPERATOR_PASSWORD must have 10 to 128 characters')
  }
  if (lines.length > 0) throw new SettingsError(lines)
  const firstOperator = email !== undefined && password !== undefined ? { email, password } : undefined
  return { signingKey, firstOperator }
}

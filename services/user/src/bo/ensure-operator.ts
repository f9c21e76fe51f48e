// Makes the first operator, where nobody has the e-mail yet. Nobody is promoted: whoever signed up with it stays a customer.
import { password as passwordForm } from '@waybill/contracts'
import type { Settings } from '@waybill/contracts/settings'
import type { Clock } from '@waybill/platform/clock'
import { SettingsError } from '@waybill/platform/config'
import { type Database, isUniqueViolation } from '@waybill/platform/db'
import { uuidv7 } from 'uuidv7'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { emailKey } from '../models/user.ts'
import type { PasswordHashing } from './password-hashing.ts'

interface Needs {
  database: Database<UserTables>
  users: typeof userDao
  passwords: PasswordHashing
  clock: Clock
}

export type EnsureOperator = ReturnType<typeof createEnsureOperator>

export function createEnsureOperator({ database, users, passwords, clock }: Needs) {
  return async (email: string, password: string): Promise<'created' | 'exists' | 'customer'> => {
    const known = await users.findUserByEmailKey(database.db, emailKey(email))
    if (known) return known.role === 'operator' ? 'exists' : 'customer'
    const now = clock.now()
    const id = uuidv7()
    const row = {
      id,
      name: 'Operator',
      email,
      email_key: emailKey(email),
      password_hash: await passwords.hash(password),
      role: 'operator' as const,
      cloud: null,
      account: id,
      disabled_at: null,
      created_at: now,
      updated_at: now,
    }
    try {
      await database.transaction(tx => users.insertUser(tx, row))
    } catch (error) {
      // Another instance that started at the same moment made it.
      if (!isUniqueViolation(error)) throw error
      return 'exists'
    }
    return 'created'
  }
}

/** The operator that the settings name; throws a SettingsError where half of it is missing or the password is too short. */
export function operatorOfSettings({
  OPERATOR_EMAIL,
  OPERATOR_PASSWORD,
}: Settings): { email: string; password: string } | undefined {
  if (OPERATOR_EMAIL === undefined && OPERATOR_PASSWORD === undefined) return undefined
  if (OPERATOR_EMAIL === undefined) throw new SettingsError(['OPERATOR_EMAIL is required with OPERATOR_PASSWORD'])
  if (OPERATOR_PASSWORD === undefined) throw new SettingsError(['OPERATOR_PASSWORD is required with OPERATOR_EMAIL'])
  if (passwordForm().validate(OPERATOR_PASSWORD).error)
    throw new SettingsError(['OPERATOR_PASSWORD must have 10 to 128 characters'])
  return { email: OPERATOR_EMAIL, password: OPERATOR_PASSWORD }
}

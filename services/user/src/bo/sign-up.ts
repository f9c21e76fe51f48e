// Signs somebody up.
import type { SignUpBody, User } from '@waybill/contracts'
import type { Clock } from '@waybill/platform/clock'
import { type Database, isUniqueViolation } from '@waybill/platform/db'
import { refuse } from '@waybill/platform/http'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { emailKey, newUser, presentUser } from '../models/user.ts'
import type { PasswordHashing } from './password-hashing.ts'
import type { RequireEnabledCloud } from './require-enabled-cloud.ts'

interface Needs {
  database: Database<UserTables>
  users: typeof userDao
  passwords: PasswordHashing
  requireEnabledCloud: RequireEnabledCloud
  clock: Clock
}

export type SignUp = ReturnType<typeof createSignUp>

export function createSignUp({ database, users, passwords, requireEnabledCloud, clock }: Needs) {
  return async ({ name, email, password, cloud }: SignUpBody): Promise<User> => {
    // Looked at before the slow parts; the unique key has the last word.
    if (await users.findUserByEmailKey(database.db, emailKey(email))) throw taken(email)
    if (cloud !== undefined) await requireEnabledCloud(cloud, 'cloud')
    const password_hash = await passwords.hash(password)
    const row = newUser({ name, email, password_hash, role: 'customer', cloud: cloud ?? null }, clock.now())
    try {
      await database.transaction(tx => users.insertUser(tx, row))
    } catch (error) {
      throw isUniqueViolation(error) ? taken(email) : error
    }
    return presentUser(row)
  }
}

function taken(email: string) {
  return refuse('EMAIL_TAKEN', `somebody has signed up as ${email}: sign in, or take another address`)
}

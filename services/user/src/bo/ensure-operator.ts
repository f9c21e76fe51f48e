// Makes an operator, where nobody has the e-mail yet. Nobody is promoted: whoever signed up with it stays a customer.
import type { Clock } from '@waybill/platform/clock'
import { type Database, isUniqueViolation } from '@waybill/platform/db'
import type { Logger } from '@waybill/platform/log'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { emailKey, newUser } from '../models/user.ts'
import type { PasswordHashing } from './password-hashing.ts'

interface Needs {
  database: Database<UserTables>
  users: typeof userDao
  passwords: PasswordHashing
  clock: Clock
  log: Logger
}

export type EnsureOperator = ReturnType<typeof createEnsureOperator>

export function createEnsureOperator({ database, users, passwords, clock, log }: Needs) {
  return async (email: string, password: string): Promise<'created' | 'exists'> => {
    const known = await users.findUserByEmailKey(database.db, emailKey(email))
    if (known?.role === 'customer') {
      log.warn({ user_id: known.id }, 'the e-mail of the first operator belongs to a customer: no operator was made')
    }
    if (known) return 'exists'
    const password_hash = await passwords.hash(password)
    const row = newUser({ name: 'Operator', email, password_hash, role: 'operator', cloud: null }, clock.now())
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

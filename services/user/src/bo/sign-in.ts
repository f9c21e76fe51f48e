// Signs somebody in: a session begins. An unknown e-mail, a disabled user and a wrong password look the same and take as long.
import type { SignInBody, TokenPair } from '@waybill/contracts'
import type { Db } from '@waybill/platform/db'
import type * as userDao from '../dao/user-dao.ts'
import type { UserTables } from '../models/tables.ts'
import { emailKey } from '../models/user.ts'
import { wrongEmailOrPassword } from './invalid-credentials.ts'
import type { OpenSession } from './open-session.ts'
import type { PasswordHashing } from './password-hashing.ts'

interface Needs {
  db: Db<UserTables>
  users: typeof userDao
  passwords: PasswordHashing
  openSession: OpenSession
  /** A hash of a password that nobody knows, to be verified where there is no user. */
  nobodysHash: string
}

export type SignIn = ReturnType<typeof createSignIn>

export function createSignIn({ db, users, passwords, openSession, nobodysHash }: Needs) {
  return async ({ email, password }: SignInBody): Promise<TokenPair> => {
    const user = await users.findUserByEmailKey(db, emailKey(email))
    const matches = await passwords.verify(user?.password_hash ?? nobodysHash, password)
    const allowed = user && matches && user.disabled_at === null
    const tokens = allowed ? await openSession(user) : undefined
    if (!tokens) throw wrongEmailOrPassword()
    return tokens
  }
}

// A user: a person or system with an account.
import type { Role, User, UserRecord } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import { uuidv7 } from 'uuidv7'

export interface UserRow {
  id: string
  name: string
  email: string
  /** The e-mail as it is compared: case does not count. */
  email_key: string
  password_hash: string
  role: Role
  cloud: string | null
  account: string
  /** null while the user may sign in. */
  disabled_at: number | null
  created_at: number
  updated_at: number
}

/** Neither case counts nor how an accent was typed. */
export function emailKey(email: string): string {
  return email.normalize('NFC').toLowerCase()
}

/** A new user's account is their own id, until an operator sets another one. */
export function newUser(
  given: Pick<UserRow, 'name' | 'email' | 'password_hash' | 'role' | 'cloud'>,
  now: number,
): UserRow {
  const id = uuidv7()
  return {
    ...given,
    id,
    email_key: emailKey(given.email),
    account: id,
    disabled_at: null,
    created_at: now,
    updated_at: now,
  }
}

export function isEnabledOperator({ role, disabled_at }: UserRow): boolean {
  return role === 'operator' && disabled_at === null
}

export function presentUser(row: UserRow): User {
  const { id, name, email, role, cloud, account } = row
  return { id, name, email, role, cloud, account, created_at: rfc3339(row.created_at) }
}

/** A user as operators see it. */
export function presentUserRecord(row: UserRow): UserRecord {
  return { ...presentUser(row), disabled: row.disabled_at !== null, updated_at: rfc3339(row.updated_at) }
}

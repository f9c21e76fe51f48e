// A user: a person or system with an account.
import type { Role, User, UserRecord } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'

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
  disabled_at: number | null
  created_at: number
  updated_at: number
}

export function emailKey(email: string): string {
  return email.toLowerCase()
}

export function presentUser(row: UserRow): User {
  const { id, name, email, role, cloud, account } = row
  return { id, name, email, role, cloud, account, created_at: rfc3339(row.created_at) }
}

/** A user as operators see it. */
export function presentUserRecord(row: UserRow): UserRecord {
  return { ...presentUser(row), disabled: row.disabled_at !== null, updated_at: rfc3339(row.updated_at) }
}

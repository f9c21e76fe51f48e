// Users as the API answers them. Without the schemas, so that clients can take them.
import type { Role } from './words.ts'

export interface User {
  id: string
  name: string
  email: string
  role: Role
  cloud: string | null
  account: string
  created_at: string
}
/** A user as operators see it. */
export interface UserRecord extends User {
  disabled: boolean
  updated_at: string
}

// The slow half of changing one's details, before the transaction: the current password is verified, the new one hashed.
import type { ChangeDetailsBody } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import type { UserRow } from '../models/user.ts'
import type { FindSignedInUser } from './find-signed-in-user.ts'
import type { PasswordHashing } from './password-hashing.ts'
import { wrongPassword } from './wrong-password.ts'

interface Needs {
  findSignedInUser: FindSignedInUser
  passwords: PasswordHashing
}

export interface DetailsDraft {
  user: UserRow
  name: string
  /** The new password's; undefined where the old one stays. */
  newPasswordHash: string | undefined
}

export type DraftDetails = ReturnType<typeof createDraftDetails>

export function createDraftDetails({ findSignedInUser, passwords }: Needs) {
  return async (caller: Principal, body: ChangeDetailsBody): Promise<DetailsDraft> => {
    const user = await findSignedInUser(caller)
    const name = body.name ?? user.name
    if (body.password === undefined) return { user, name, newPasswordHash: undefined }
    const knows = await passwords.verify(user.password_hash, body.current_password ?? '')
    if (!knows) throw wrongPassword()
    return { user, name, newPasswordHash: await passwords.hash(body.password) }
  }
}

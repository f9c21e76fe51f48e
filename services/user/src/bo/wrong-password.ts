// The refusal of a password change by somebody who does not know the current password.
import { refuse } from '@waybill/platform/http'

export function wrongPassword() {
  return refuse('WRONG_PASSWORD', 'current_password is not the password of this user')
}

// The refusals of credentials: one answer for every way in which they can be wrong, so that it tells nothing.
import { refuse } from '@waybill/platform/http'

/** RFC 9110 15.5.2: a 401 names a scheme. */
const headers = { 'WWW-Authenticate': 'Bearer' }

export function wrongEmailOrPassword() {
  return refuse('INVALID_CREDENTIALS', 'no user has this e-mail address and this password', { headers })
}

export function badRefreshToken() {
  return refuse(
    'INVALID_CREDENTIALS',
    'the refresh token is not valid, has expired or was used before: sign in again',
    { headers },
  )
}

// Signing up, in and out over HTTP.
import type { userApi } from '@waybill/contracts'
import { type ControllerOf, created, document, noContent, ok } from '@waybill/platform/http'
import type { RefreshSession } from '../bo/refresh-session.ts'
import type { SignIn } from '../bo/sign-in.ts'
import type { SignOut } from '../bo/sign-out.ts'
import type { SignUp } from '../bo/sign-up.ts'
import type { SigningKey } from '../bo/signing-key.ts'

interface Needs {
  signUp: SignUp
  signIn: SignIn
  refreshSession: RefreshSession
  signOut: SignOut
  signingKey: SigningKey
}

export function createSessionController({ signUp, signIn, refreshSession, signOut, signingKey }: Needs) {
  const up: ControllerOf<typeof userApi.signUp> = async ({ body }) => created(await signUp(body))

  const signInHere: ControllerOf<typeof userApi.signIn> = async ({ body }) => ok(await signIn(body))

  const refresh: ControllerOf<typeof userApi.refresh> = async ({ body }) => ok(await refreshSession(body))

  const out: ControllerOf<typeof userApi.signOut> = async ({ caller }) => {
    await signOut(caller.session_id)
    return noContent()
  }

  const keySet = JSON.stringify({ keys: [signingKey.jwk] })
  const showKeys: ControllerOf<typeof userApi.showKeys> = () => document('application/json; charset=utf-8', keySet)

  return { signUp: up, signIn: signInHere, refresh, signOut: out, showKeys }
}

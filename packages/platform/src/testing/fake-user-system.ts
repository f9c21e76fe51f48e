// Stands for the user service where a test hosts another service alone: it gives tokens and judges them.
import type { Role } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import type { Authenticator, Principal } from '../auth/index.ts'

export class FakeUserSystem implements Authenticator {
  readonly #principals = new Map<string, Principal>()

  /** Signs somebody in; answers the token and who holds it. */
  signIn(as: Partial<Principal> & { role?: Role } = {}): { token: string; principal: Principal } {
    const userId = as.user_id ?? uuidv7()
    const token = `fake-${uuidv7()}`
    const principal: Principal = {
      user_id: userId,
      session_id: uuidv7(),
      role: 'customer',
      cloud: 'LOCAL',
      account: userId,
      expires_at: Number.MAX_SAFE_INTEGER,
      ...as,
    }
    this.#principals.set(token, principal)
    return { token, principal }
  }

  signOut(token: string): void {
    this.#principals.delete(token)
  }

  async authenticate(token: string): Promise<Principal | undefined> {
    return this.#principals.get(token)
  }
}

// A user that exists for one verification only: a marked address that no mail can reach, and a password that nobody keeps.
import { randomBytes } from 'node:crypto'
import { memoryTokens, type User, Waybill } from '@waybill/sdk'

export interface Guest {
  readonly user: User
  readonly client: Waybill
  /** An access token that is good for some seconds yet. */
  token(): Promise<string>
  /** Another session of the same user. */
  newSession(): Promise<{ client: Waybill; token: string }>
}

const patience = { timeout: 15_000, retries: 2, longestPause: 10_000 }
const renewedBeforeMilliseconds = 10_000

/** A client with the patience that a verification has; for operators, too. */
export function newClient(server: string, tokens = memoryTokens()): Waybill {
  return new Waybill({ server, tokens, ...patience })
}

/** `name` and the run make the address. Throws what signing up and in throw. */
export async function inviteGuest(server: string, run: string, name: string): Promise<Guest> {
  const credentials = {
    email: `waybill-verify-${run}-${name}@waybill.invalid`,
    password: randomBytes(24).toString('base64url'),
  }
  const tokens = memoryTokens()
  const client = newClient(server, tokens)
  const user = await client.signUp({ name: `waybill verify ${run}`, ...credentials })
  await client.signIn(credentials)
  return {
    user,
    client,
    async token() {
      const { expires_at } = (await tokens.load())!
      if (expires_at - Date.now() < renewedBeforeMilliseconds) await client.me.details()
      return (await tokens.load())!.access_token
    },
    async newSession() {
      const others = memoryTokens()
      const other = newClient(server, others)
      await other.signIn(credentials)
      return { client: other, token: (await others.load())!.access_token }
    },
  }
}

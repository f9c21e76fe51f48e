// Which server a command talks to, as whom; tokens are kept for the next command and refreshed by one command at a time.
import { type TokenStore, Waybill } from '@waybill/sdk'
import { UsageError } from './failures.ts'
import { openProfiles, type Profiles } from './profiles.ts'
import { withLock } from './sign-in-lock.ts'

export interface Session {
  readonly profile: string
  /** Without a slash at its end. */
  readonly server: string
  /** Signed in as whoever the profile is signed in as at this server. */
  readonly client: Waybill
  /** A client that tries nothing again. */
  readonly impatientClient: Waybill
  /** Signs in and keeps it, and the server as the profile's. */
  signIn(email: string, password: string): Promise<void>
}

export interface Choice {
  server?: string
  profile?: string
}

const defaultServer = 'http://localhost:8000'
const rightServer = 'waybill orders --server https://waybill.example.com'

/** Chooses by options, then the environment, then what the profile remembers. Makes no call. */
export async function openSession(choice: Choice, profiles = openProfiles()): Promise<Session> {
  const profile = readProfile(choice.profile ?? process.env.WAYBILL_PROFILE ?? 'default')
  const named = choice.server ?? (process.env.WAYBILL_SERVER || undefined) ?? (await profiles.findServer(profile))
  const server = readServer(named ?? defaultServer)
  const tokens = createTokenStore(profiles, profile, server)
  return {
    profile,
    server,
    client: new Waybill({ server, tokens }),
    impatientClient: new Waybill({ server, tokens, retries: 0 }),
    async signIn(email, password) {
      let pair: Awaited<ReturnType<TokenStore['load']>>
      const newTokens: TokenStore = {
        load: () => pair,
        save: given => {
          pair = given
        },
      }
      await new Waybill({ server, tokens: newTokens }).signIn({ email, password })
      await withLock(await profiles.lockFile(), () => profiles.keepSignIn(profile, server, { email, ...pair! }))
      await profiles.keepServer(profile, server)
    },
  }
}

function createTokenStore(profiles: Profiles, profile: string, server: string): TokenStore {
  return {
    load: () => profiles.findSignIn(profile, server),
    async save(tokens) {
      if (!tokens) return profiles.forgetSignIn(profile, server)
      const kept = await profiles.findSignIn(profile, server)
      await profiles.keepSignIn(profile, server, { email: kept?.email ?? '', ...tokens })
    },
    exclusively: async work => withLock(await profiles.lockFile(), work),
  }
}

function readProfile(name: string): string {
  if (/^[\w.-]{1,100}$/.test(name) && name !== '__proto__') return name
  throw new UsageError(
    `a profile is named with letters, digits, ".", "_" and "-", not ${name}`,
    'waybill orders --profile work',
  )
}

function readServer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`the server must be a URL with http:// or https://, and ${text} is not`, rightServer)
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError('the address of the server must not hold a password, a query or a fragment', rightServer)
  }
  return url.href.replace(/\/+$/, '')
}

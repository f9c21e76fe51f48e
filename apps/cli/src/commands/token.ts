// `waybill token`: hands the sign-in to other programs, and shows the keys that tokens are verified with.
import { defineCommand } from '../command.ts'

interface Options {
  keys?: boolean
}

export const command = defineCommand<Options>({
  description:
    'An access token of your sign-in for curl and the like, refreshed where it is about to end; good for minutes. Keep it to yourself.',
  options: [{ flags: '--keys', description: 'print the public keys that tokens are verified with (JWKS), instead' }],
  examples: [
    {
      what: 'Ask the API yourself',
      line: 'curl -s -H "Authorization: Bearer $(waybill token)" http://localhost:8000/user/details',
    },
    { what: 'The public keys', line: 'waybill token --keys' },
  ],
  async run({ options, terminal, session }) {
    const { client } = session
    if (options.keys) {
      const keys = await client.keys()
      return terminal.result({ keys }, () => JSON.stringify({ keys }, null, 2))
    }
    const access_token = await client.accessToken()
    await terminal.result({ access_token, token_type: 'Bearer', expires_at: endOf(access_token) }, () => access_token)
  },
})

/** RFC 3339, from the token's own `exp`. */
function endOf(token: string): string | null {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number }
    return new Date(exp * 1_000).toISOString()
  } catch {
    return null
  }
}

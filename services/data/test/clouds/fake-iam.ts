// Plays IBM Cloud's IAM: tokens for an API key, as many as are asked for.
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

export interface FakeIam {
  readonly url: string
  /** How many tokens it has given. */
  readonly given: number
  /** What the next requests are answered instead, one after the other. */
  readonly next: number[]
  isGood(token: string): boolean
  /** Tokens given so far are good no longer. */
  revoke(): void
  stop(): Promise<void>
}

export async function startFakeIam(apiKey: string, { tokenSeconds = 3_600 } = {}): Promise<FakeIam> {
  const tokens = new Set<string>()
  const next: number[] = []
  let given = 0

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const form = new URLSearchParams(await text(request))
    const forced = next.shift()
    if (forced !== undefined) return { status: forced, body: { errorMessage: 'as told' } }
    const isAsked = request.method === 'POST' && request.url === '/identity/token'
    if (!isAsked || form.get('grant_type') !== 'urn:ibm:params:oauth:grant-type:apikey') {
      return { status: 400, body: { errorCode: 'BXNIM0109E', errorMessage: 'Property missing or empty.' } }
    }
    if (form.get('apikey') !== apiKey) {
      return { status: 400, body: { errorCode: 'BXNIM0415E', errorMessage: 'Provided API key could not be found.' } }
    }
    const token = `iam-token-${++given}`
    tokens.add(token)
    return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: tokenSeconds } }
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) =>
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body)),
      () => request.socket.destroy(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    get given() {
      return given
    },
    next,
    isGood: token => tokens.has(token),
    revoke: () => tokens.clear(),
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

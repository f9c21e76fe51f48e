// Stands for MClass: its API over HTTP, with what can go wrong on the way, for tests and for trying things out.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

export interface MclassDataset {
  name: string
  /** JSON texts, served as they are. */
  records: string[]
  /** RFC 3339. */
  updatedAt: string
}

export interface MclassOptions {
  /** 0 takes a free one. */
  port?: number
  clientId?: string
  clientSecret?: string
  latencyMilliseconds?: number
  /** The share of calls that are answered 503, 0 to 1. */
  failureRate?: number
  tokenSeconds?: number
  /** What an account has; undefined where there is no such account. */
  datasetsOf(account: string): MclassDataset[] | undefined
}

export interface MclassSimulator {
  readonly url: string
  /** Every call, in order: `GET /accounts/a/datasets/b/records?limit=20`. */
  readonly calls: string[]
  /** What the next calls are answered instead, one after the other: a status, or the connection is cut. */
  readonly next: (number | 'cut')[]
  /** While true every connection is cut. */
  outage: boolean
  latencyMilliseconds: number
  /** Tokens given so far are good no longer. */
  expireTokens(): void
  stop(): Promise<void>
}

interface Reply {
  status: number
  /** JSON text. */
  body: string
  headers?: Record<string, string>
}

const recordsAtMost = 1_000
const reply = (status: number, body: unknown): Reply => ({ status, body: JSON.stringify(body) })
const notFound = reply(404, { error: 'not found' })

export async function startMclassSimulator(options: MclassOptions): Promise<MclassSimulator> {
  const { clientId = 'waybill', clientSecret = 'mclass-secret', tokenSeconds = 600, failureRate = 0 } = options
  const tokens = new Map<string, number>()
  let tokensGiven = 0

  async function answer(request: IncomingMessage, url: URL): Promise<Reply | 'cut'> {
    const call = `${request.method} ${url.pathname}`
    const body = await readText(request)
    simulator.calls.push(`${call}${url.search}`)
    if (simulator.latencyMilliseconds > 0) await wait(simulator.latencyMilliseconds)
    const forced = simulator.outage ? 'cut' : simulator.next.shift()
    if (forced === 'cut') return 'cut'
    if (forced !== undefined) return { ...reply(forced, { error: 'as told' }), headers: retryAfter(forced) }
    if (Math.random() < failureRate) return reply(503, { error: 'a random failure' })
    if (call === 'POST /login') return login(body)
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if ((tokens.get(token) ?? 0) < Date.now()) return reply(401, { error: 'log in first' })
    return request.method === 'GET' ? read(url) : notFound
  }

  function login(body: string): Reply {
    const given = parse(body)
    if (given?.client_id !== clientId || given.client_secret !== clientSecret) return reply(401, { error: 'refused' })
    const token = `token-${++tokensGiven}`
    tokens.set(token, Date.now() + tokenSeconds * 1_000)
    return reply(200, { token, expires_in: tokenSeconds })
  }

  function read(url: URL): Reply {
    const [, account, name] = /^\/accounts\/([^/]+)\/datasets(?:\/([^/]+)\/records)?$/.exec(url.pathname) ?? []
    const datasets = account === undefined ? undefined : options.datasetsOf(decodeURIComponent(account))
    if (!datasets) return notFound
    if (name === undefined) return reply(200, { datasets: datasets.map(describe) })
    const dataset = datasets.find(candidate => candidate.name === decodeURIComponent(name))
    if (!dataset) return notFound
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const limit = Number(url.searchParams.get('limit') ?? 100)
    if (!Number.isInteger(from) || from < 0 || !Number.isInteger(limit) || limit < 1) {
      return reply(400, { error: 'bad cursor or limit' })
    }
    const to = from + Math.min(limit, recordsAtMost)
    const next = to < dataset.records.length ? JSON.stringify(String(to)) : 'null'
    return { status: 200, body: `{"records":[${dataset.records.slice(from, to).join(',')}],"next_cursor":${next}}` }
  }

  const server = createServer((request, response) => {
    answer(request, new URL(request.url ?? '/', 'http://mclass')).then(
      result => (result === 'cut' ? request.socket.destroy() : send(response, result)),
      () => request.socket.destroy(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as { port: number }

  const simulator: MclassSimulator = {
    url: `http://127.0.0.1:${port}`,
    calls: [],
    next: [],
    outage: false,
    latencyMilliseconds: options.latencyMilliseconds ?? 0,
    expireTokens: () => tokens.clear(),
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return simulator
}

function describe({ name, records, updatedAt }: MclassDataset) {
  const bytes = records.reduce((sum, record) => sum + Buffer.byteLength(record) + 1, 0)
  return { name, bytes, updated_at: updatedAt }
}

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(body)
}

function retryAfter(status: number): Record<string, string> {
  return status === 429 ? { 'Retry-After': '0' } : {}
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Stands for a server in trouble: answers request after request what the test tells it to, and remembers what it was sent.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'

export interface SentRequest {
  verb: string
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** Answers one request; one that does nothing leaves the client waiting. */
export type Act = (response: ServerResponse, request: SentRequest) => void

export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Act =>
  response => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
export const data = (it: unknown) => answer(200, { request_id: 'fake', data: it })
export const problem = (status: number, code: string, retryable: boolean, headers?: Record<string, string>) =>
  answer(status, { code, detail: `${code} was told`, retryable, request_id: 'fake' }, headers)
export const cut: Act = response => response.destroy()
export const silence: Act = () => {}

export interface FakeServer {
  readonly url: string
  readonly sent: SentRequest[]
  stop(): Promise<void>
}

/** The last act answers all further requests, too. */
export async function startFakeServer(...acts: Act[]): Promise<FakeServer> {
  const sent: SentRequest[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const it = { verb: request.method!, path: request.url!, headers: request.headers, body }
    const act = acts[Math.min(sent.length, acts.length - 1)]!
    sent.push(it)
    act(response, it)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    sent,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

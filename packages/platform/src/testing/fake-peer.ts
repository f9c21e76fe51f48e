// Stands for another service's HTTP API: answers what the test tells it to, and remembers what it was asked.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

interface FakeAnswer {
  status: number
  data: unknown
}

export interface FakePeer {
  readonly url: string
  readonly asked: { verb: string; path: string; token: string | undefined }[]
  /** What is answered to `GET /clouds` and the like, or what makes an answer of the body; a path without an entry is 404. `undefined` cuts the connection. */
  answers: Record<string, FakeAnswer | ((body: never) => FakeAnswer) | undefined>
  stop(): Promise<void>
}

/** Keys of `answers` are a verb and a path with its query, `GET /orders?limit=1`. */
export async function startFakePeer(answers: FakePeer['answers'] = {}): Promise<FakePeer> {
  const asked: FakePeer['asked'] = []
  const server = createServer(async (request, response) => {
    const verb = request.method ?? ''
    const path = request.url ?? ''
    asked.push({ verb, path, token: request.headers.authorization?.replace('Bearer ', '') })
    const key = `${verb} ${path}`
    if (key in peer.answers && peer.answers[key] === undefined) {
      request.socket.destroy()
      return
    }
    const told = peer.answers[key]
    const answer = typeof told === 'function' ? told(JSON.parse(await text(request)) as never) : told
    const { status, data } = answer ?? { status: 404, data: { code: 'ROUTE_NOT_FOUND' } }
    response.writeHead(status, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(status < 400 ? { request_id: 'fake', data } : data))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const peer: FakePeer = {
    url: `http://127.0.0.1:${port}`,
    asked,
    answers,
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return peer
}

// A customer's server, as the tests of callbacks need it: it answers as told and remembers what it got.
import { createServer, type IncomingHttpHeaders } from 'node:http'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Receiver {
  readonly url: string
  readonly port: number
  readonly received: Received[]
  /** The status of the answers from now on, at once or when it is known; `silent` never answers. */
  answer: number | Promise<number> | 'silent'
  stop(): Promise<void>
}

export async function startReceiver(answer: Receiver['answer'] = 204): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    received.push({ path: request.url!, headers: request.headers, body })
    if (receiver.answer === 'silent') return
    const status = await receiver.answer
    response.writeHead(status, status >= 300 && status < 400 ? { Location: '/elsewhere' } : {})
    response.end(status === 204 ? undefined : 'x'.repeat(200_000))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    answer,
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return receiver
}

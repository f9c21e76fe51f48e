// Stands between our processes and what plays a cloud, and notes what goes through: a process that is killed can tell nobody.
import { Agent, createServer, type IncomingHttpHeaders, request as send } from 'node:http'

export interface Passed {
  /** `PUT /bucket/key?partNumber=1` */
  name: string
  headers: IncomingHttpHeaders
  /** performance.now() */
  at: number
  /** Bytes of bodies so far: of the request, and of its answer. */
  sent: number
  answered: number
}

export interface CountingGate {
  url: string
  /** Every request so far, in order. */
  passed: Passed[]
  stop(): Promise<void>
}

/** @param target an URL without a path. */
export async function startCountingGate(target: string): Promise<CountingGate> {
  const agent = new Agent({ keepAlive: true })
  const passed: Passed[] = []
  const server = createServer((request, response) => {
    const { method, url, headers } = request
    const noted = { name: `${method} ${url}`, headers, at: performance.now(), sent: 0, answered: 0 }
    passed.push(noted)
    const upstream = send(`${target}${url}`, { method, headers, agent }, answer => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.on('data', (piece: Buffer) => {
        noted.answered += piece.length
      })
      answer.pipe(response)
    })
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    request.on('data', (piece: Buffer) => {
      noted.sent += piece.length
    })
    request.pipe(upstream)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    stop: () =>
      new Promise(resolve => {
        agent.destroy()
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

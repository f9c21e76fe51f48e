// The HTTP server of a process for as long as the process lives. The services behind it may be exchanged: connections stay, and
// requests that come meanwhile wait.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

export interface FrontDoor {
  readonly server: Server
  /** From now on requests go to `handler`: those that wait first. */
  open(handler: Handler): void
  /**
   * From now on requests wait for the next `open`, but for those that `isForBefore`: what is in flight may depend on them. Does
   * nothing where somebody else has opened since.
   */
  hold(before: Handler, isForBefore: (request: IncomingMessage) => boolean): void
  /** Listens, where it does not yet; answers the port, which 0 leaves to the system. */
  listen(port: number, host: string): Promise<number>
}

export function createFrontDoor(): FrontDoor {
  let waiting: [IncomingMessage, ServerResponse][] = []
  let current: Handler = (request, response) => waiting.push([request, response])

  const pass: Handler = (request, response) => current(request, response)
  const server = createServer({ keepAliveTimeout: 65_000, requireHostHeader: false }, pass)
  // An expectation that we do not know is no reason to refuse (RFC 9110 10.1.1 lets us ignore it).
  server.on('checkExpectation', pass)
  return {
    server,
    open(handler) {
      current = handler
      const patient = waiting.filter(([, response]) => !response.closed)
      waiting = []
      for (const [request, response] of patient) handler(request, response)
    },
    hold(before, isForBefore) {
      if (current !== before) return
      current = (request, response) => {
        if (isForBefore(request)) before(request, response)
        else waiting.push([request, response])
      }
    },
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        const answer = () => {
          const address = server.address()
          resolve(typeof address === 'object' && address ? address.port : port)
        }
        if (server.listening) return answer()
        server.once('error', reject)
        server.listen(port, host, answer)
      }),
  }
}

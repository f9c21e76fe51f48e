// Stands for API Gateway: an address whose requests become events (payload format 2.0), for the function that the most telling route names.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { HttpEvent, HttpEventAnswer } from '../../apps/server/src/lambda-events.ts'

export interface Gateway {
  readonly url: string
  /** Route keys (`ANY /user/{path+}`, `$default`) and the names of their functions. */
  route(
    functions: ReadonlyMap<string, string>,
    invoke: (name: string, event: HttpEvent) => Promise<HttpEventAnswer>,
  ): void
  stop(): Promise<void>
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html: whole paths, then the longest beginnings. */
export function functionFor(functions: ReadonlyMap<string, string>, path: string): string {
  const exact = functions.get(`ANY ${path}`)
  if (exact !== undefined) return exact
  const beginnings = [...functions].flatMap(([key, name]) => {
    const beginning = /^ANY (\/.*\/)\{\w+\+\}$/.exec(key)?.[1]
    return beginning !== undefined && path.startsWith(beginning) && path !== beginning ? [{ beginning, name }] : []
  })
  beginnings.sort((a, b) => b.beginning.length - a.beginning.length)
  return beginnings[0]?.name ?? functions.get('$default')!
}

export async function startGateway(): Promise<Gateway> {
  let handle: (event: HttpEvent) => Promise<HttpEventAnswer>
  const server = createServer(async (request, response) => {
    const [rawPath, rawQueryString = ''] = request.url!.split(/\?(.*)/s) as [string, string?]
    const body = await buffer(request)
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    headers['x-forwarded-for'] = request.socket.remoteAddress!
    try {
      const answer = await handle({
        ...{ version: '2.0', rawPath, rawQueryString, headers, isBase64Encoded: true },
        ...(body.length > 0 ? { body: body.toString('base64') } : {}),
        requestContext: { http: { method: request.method! } },
      })
      response.writeHead(answer.statusCode, answer.headers)
      response.end(Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'))
    } catch (error) {
      response.writeHead(500, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ message: String(error) }))
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    route(functions, invoke) {
      handle = event => invoke(functionFor(functions, event.rawPath), event)
    },
    async stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

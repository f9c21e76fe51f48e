// A customer's server for callbacks: it refuses some at first, and remembers all that it got.
import { createServer } from 'node:http'
import type { Process } from '@waybill/contracts'
import { Webhook } from 'standardwebhooks'

export interface ReceivedCallback {
  webhookId: string
  process: Process
  signed: boolean
}

export interface CallbackReceiver {
  /** The n-th order's own address. */
  urlOf(orderNumber: number): string
  /** The secret by which what comes for an order is to be signed. */
  trust(orderNumber: number, secret: string): void
  receivedBy(orderNumber: number): ReceivedCallback[]
  stop(): Promise<void>
}

/** Of the orders, one in so many has its first callback refused: it must come again, under the same id. */
const refusesFirstOfEvery = 5

export async function startCallbackReceiver(): Promise<CallbackReceiver> {
  const received = new Map<number, ReceivedCallback[]>()
  const secrets = new Map<number, string>()
  const server = createServer(async (request, response) => {
    const number = Number(request.url!.slice(1))
    let body = ''
    for await (const chunk of request) body += chunk
    const header = (name: string) => String(request.headers[name])
    // Signed again rather than verified: a process whose clock jumps dates what it sends wrongly, and that is no forgery.
    const at = new Date(Number(header('webhook-timestamp')) * 1_000)
    const expected = new Webhook(secrets.get(number) ?? '').sign(header('webhook-id'), at, body)
    const before = received.get(number) ?? []
    received.set(number, [
      ...before,
      {
        webhookId: header('webhook-id'),
        process: (JSON.parse(body) as { data: Process }).data,
        signed: header('webhook-signature').split(' ').includes(expected),
      },
    ])
    response.writeHead(before.length === 0 && number % refusesFirstOfEvery === 0 ? 500 : 204).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    urlOf: number => `http://127.0.0.1:${port}/${number}`,
    trust: (number, secret) => secrets.set(number, secret),
    receivedBy: number => received.get(number) ?? [],
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

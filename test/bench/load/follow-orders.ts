// Places orders at a steady pace and follows each on its event stream: how long from 202 to delivered.
import { Agent, get } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Connection } from './connection.ts'
import { orderRequest, placeOrder } from './place-orders.ts'
import type { Gathered, Target, Workload } from './workload.ts'

export async function followOrders(
  { target, body, perSecond, seconds }: Extract<Workload, { kind: 'follow-orders' }>,
  gathered: Gathered,
  signal: AbortSignal,
): Promise<void> {
  const request = orderRequest(target, body)
  const connection = new Connection(target.port)
  const agent = new Agent({ keepAlive: true })
  const startedAt = performance.now()
  const followed: Promise<void>[] = []
  try {
    for (let turn = 0; turn < perSecond * seconds && !signal.aborted; turn++) {
      await pause(Math.max(startedAt + (turn * 1_000) / perSecond - performance.now(), 0))
      const placed = await placeOrder(connection, request)
      const acceptedAt = performance.now()
      gathered.placed.push(placed)
      const delivered = untilDelivered(target, placed.processId, agent)
      followed.push(delivered.then(() => void gathered.latencies.push(performance.now() - acceptedAt)))
    }
    await Promise.all(followed)
  } finally {
    await Promise.allSettled(followed)
    connection.close()
    agent.destroy()
  }
}

async function untilDelivered({ port, token }: Target, processId: string, agent: Agent): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  const options = { host: '127.0.0.1', port, path: `/process/${processId}`, headers, agent }
  const { promise, resolve, reject } = Promise.withResolvers<import('node:http').IncomingMessage>()
  get(options, resolve).on('error', reject)
  const response = await promise
  for await (const line of createInterface({ input: response })) {
    if (!line.startsWith('data:')) continue
    const { status, reason } = JSON.parse(line.slice('data:'.length)) as { status: number; reason: string | null }
    if (status === 2) throw new Error(`process ${processId} has failed: ${reason}`)
    if (status === 1) {
      response.resume()
      return
    }
  }
  throw new Error(`the event stream of process ${processId} (${response.statusCode}) ended before it was final`)
}

// Places orders and reads who they are; the one request that most workloads begin with.
import { type Connection, type Reply, requestBytes } from './connection.ts'
import { runLanes } from './lanes.ts'
import type { Gathered, PlacedOrder, Target, Workload } from './workload.ts'

export function orderRequest({ token }: Target, body: string): Buffer {
  return requestBytes({ verb: 'POST', path: '/user/order', token, body })
}

export async function placeOrder(connection: Connection, request: Buffer): Promise<PlacedOrder> {
  const reply = await connection.exchange(request)
  if (reply.status !== 202) throw unexpected('POST /user/order', reply)
  const { data } = JSON.parse(reply.body.toString()) as {
    data: { order: { id: string }; process: { process_id: string } }
  }
  return { orderId: data.order.id, processId: data.process.process_id }
}

export function unexpected(what: string, { status, body }: Reply): Error {
  return new Error(`${what} was answered ${status} ${body.toString().slice(0, 300)}`)
}

export async function placeOrders(
  { target, body, ...bounds }: Extract<Workload, { kind: 'place-orders' }>,
  gathered: Gathered,
  signal: AbortSignal,
): Promise<void> {
  const request = orderRequest(target, body)
  await runLanes({ ...bounds, port: target.port, signal, begin: gathered.begin }, async connection => {
    const sentAt = performance.now()
    gathered.placed.push(await placeOrder(connection, request))
    gathered.latencies.push(performance.now() - sentAt)
  })
}

// What the tests of this service have in common: placing an order, and the events that other services would send about it.
import type { EventFacts, Order, PlaceOrderBody, Process } from '@waybill/contracts'
import { call, type Reply, startService, type TestHost } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { createOrderService, type OrderServiceOptions } from '../src/order-service.ts'

export interface Placed {
  order: Order
  process: Process
}

type Body = Partial<Omit<PlaceOrderBody, 'payment'>> & { payment?: Partial<PlaceOrderBody['payment']> }

type StartOptions = Parameters<typeof startService>[1]

export function startOrderService(options: StartOptions = {}, replaced: OrderServiceOptions = {}): Promise<TestHost> {
  return startService([host => createOrderService(host, replaced)], options)
}

export function order(host: TestHost, token: string, body: Body = {}, headers = {}): Promise<Reply<Placed>> {
  return call<Placed>(host.url, 'POST /user/order', {
    token,
    body: { items: [{ dataset: 'airports' }], ...body },
    headers,
  })
}

export async function placeOrder(host: TestHost, token: string, body: Body = {}): Promise<Placed> {
  const reply = await order(host, token, body)
  if (reply.status !== 202) throw new Error(`not placed: ${reply.text}`)
  return reply.body.data
}

export async function showOrder(host: TestHost, token: string, id: string): Promise<Order> {
  return (await call<Order>(host.url, `GET /order/${id}`, { token })).body.data
}

export async function showProcess(host: TestHost, token: string, id: string): Promise<Process> {
  return (await call<Process>(host.url, `GET /process/${id}`, { token })).body.data
}

/** The facts that other services report about an order. */
export const facts = {
  payment: (it: Placed): EventFacts['payment.authorized'] => ({
    payment_id: uuidv7(),
    order_id: it.order.id,
    user_id: it.order.user_id,
    amount: it.order.amount,
    currency: it.order.currency,
  }),
  order: (it: Placed) => ({ order_id: it.order.id, process_id: it.order.process_id, user_id: it.order.user_id }),
}

/** Sends an event as the service that makes it would; resolves when it is handled. Answers it, to be sent twice. */
export const tell = {
  authorized: (host: TestHost, it: Placed) => host.broker.send('payment.authorized', it.order.id, facts.payment(it)),
  declined: (host: TestHost, it: Placed) =>
    host.broker.send('payment.declined', it.order.id, { ...facts.payment(it), decline_code: 'card_declined' }),
  progressed: (host: TestHost, it: Placed, percentage = 40, step = 'exporting airports') =>
    host.broker.send('export.progressed', it.order.id, { ...facts.order(it), percentage, step }),
  finished: (host: TestHost, it: Placed) =>
    host.broker.send('export.finished', it.order.id, { ...facts.order(it), files: 1, records: 10, bytes: 1_000 }),
  failed: (host: TestHost, it: Placed, reason = 'there is no dataset airports') =>
    host.broker.send('export.failed', it.order.id, { ...facts.order(it), reason }),
}

export const cancel = (host: TestHost, token: string, it: Placed) =>
  call<Order>(host.url, `POST /order/${it.order.id}/cancel`, { token })

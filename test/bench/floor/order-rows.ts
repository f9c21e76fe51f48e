// The first durable step: everything that accepting an order writes, and what every later step says to the world.
import { uuidv7 } from 'uuidv7'
import type { Write } from './floor-store.ts'

export interface FloorOrder {
  id: string
  processId: string
  /** Empty where an event did not bring them. */
  items: { dataset: string; format: string }[]
}

export interface FloorEvent {
  id: string
  type: string
  order: FloorOrder
  /** What goes over the wire and into the outbox. */
  message: string
}

export const floorUser = uuidv7()
export const floorCloud = 'LOCAL'
export const price = { amount: 100, currency: 'USD' }
const processingWindowMilliseconds = 24 * 3_600_000
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

export function newOrder(items: FloorOrder['items']): FloorOrder {
  return { id: uuidv7(), processId: uuidv7(), items }
}

/** A CloudEvent with as much around its facts as ours has. */
export function newEvent(type: string, order: FloorOrder, facts: Record<string, unknown>): FloorEvent {
  const id = uuidv7()
  const message = JSON.stringify({
    specversion: '1.0',
    id,
    source: '/floor',
    type,
    subject: order.id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataversion: 1,
    requestid: order.id,
    traceparent,
    data: { order_id: order.id, process_id: order.processId, user_id: floorUser, ...facts },
  })
  return { id, type, order, message }
}

interface Message {
  id: string
  type: string
  data: { order_id: string; process_id: string; items?: FloorOrder['items'] }
}

/** What a handler knows of an event: what its message says. */
export function readEvent(message: string): FloorEvent {
  const { id, type, data } = JSON.parse(message) as Message
  return { id, type, order: { id: data.order_id, processId: data.process_id, items: data.items ?? [] }, message }
}

export function orderCreated(order: FloorOrder): FloorEvent {
  const facts = {
    cloud: floorCloud,
    account: floorUser,
    items: order.items,
    ...price,
    payment_mode: 'now',
    gateway: null,
    payment_token: null,
  }
  return newEvent('order.created', order, facts)
}

export function outboxRow({ id, message }: FloorEvent, at: number): Write {
  return { into: 'outbox (id, message, created_at)', row: [id, message, at] }
}

export function timerRow(kind: string, subject: string, dueAt: number): Write {
  return {
    into: 'timers (kind, subject, due_at, attempt, revision, claimed_by, claimed_until)',
    row: [kind, subject, dueAt, 0, 0, null, 0],
  }
}

export function windowTimer(kind: string, { id }: FloorOrder, at: number): Write {
  return timerRow(kind, id, at + processingWindowMilliseconds)
}

export function historyRow(
  { id }: FloorOrder,
  [sequence, from, to]: [sequence: number, from: string | null, to: string],
  at: number,
): Write {
  return {
    into: 'order_history (order_id, sequence, from_state, to_state, reason, at, request_id)',
    row: [id, sequence, from, to, null, at, id],
  }
}

/** Order, history, process, timer and outbox row. */
export function orderRows(order: FloorOrder, created: FloorEvent, at: number): Write[] {
  const { id, processId, items } = order
  const { amount, currency } = price
  return [
    {
      into: 'orders (id, user_id, cloud, account, state, cancel_reason, items, amount, currency, process_id, payment_mode, callback_url, version, request_id, created_at, updated_at)',
      row: [
        id,
        floorUser,
        floorCloud,
        floorUser,
        'created',
        null,
        JSON.stringify(items),
        amount,
        currency,
        processId,
        'now',
        null,
        1,
        id,
        at,
        at,
      ],
    },
    historyRow(order, [1, null, 'created'], at),
    {
      into: 'user_processes (process_id, order_id, user_id, cloud, status, percentage, step, reason, started_at, created_at, updated_at, finished_at)',
      row: [processId, id, floorUser, floorCloud, 0, 0, 'authorizing_payment', null, at, at, at, null],
    },
    windowTimer('payment-window', order, at),
    outboxRow(created, at),
  ]
}

/** What a client is told, of the size that ours has. */
export function presentAccepted({ id, processId, items }: FloorOrder): string {
  const at = new Date().toISOString()
  return JSON.stringify({
    request_id: id,
    data: {
      order: {
        id,
        user_id: floorUser,
        cloud: floorCloud,
        state: 'created',
        cancel_reason: null,
        items,
        ...price,
        process_id: processId,
        payment_mode: 'now',
        version: 1,
        created_at: at,
        updated_at: at,
      },
      process: {
        process_id: processId,
        order_id: id,
        status: 0,
        state: 'under_process',
        percentage: 0,
        step: 'authorizing_payment',
        reason: null,
        eta_seconds: null,
        created_at: at,
        updated_at: at,
        finished_at: null,
        data_url: null,
      },
    },
  })
}

// The first durable step: everything that accepting an order writes.
import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

export interface FloorOrder {
  id: string
  processId: string
  items: { dataset: string; format: string }[]
  createdAt: number
}

export const floorUser = randomUUID()
export const floorCloud = 'LOCAL'
export const price = { amount: 100, currency: 'USD' }
const paymentWindowMilliseconds = 30 * 60_000

export function newOrder(items: FloorOrder['items']): FloorOrder {
  return { id: randomUUID(), processId: randomUUID(), items, createdAt: Date.now() }
}

/** What goes out with every event. */
export function eventMessage(type: string, order: FloorOrder, facts: Record<string, unknown>): string {
  return JSON.stringify({
    specversion: '1.0',
    id: randomUUID(),
    source: '/floor',
    type,
    subject: order.id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataversion: 1,
    requestid: order.id,
    data: { order_id: order.id, process_id: order.processId, user_id: floorUser, ...facts },
  })
}

/** Order, history, process, timer and outbox row; to be called inside of a transaction. */
export function prepareOrderRows(database: DatabaseSync): (order: FloorOrder) => void {
  const insertOrder = database.prepare(
    'insert into orders values (?, ?, ?, ?, ?, null, ?, ?, ?, ?, ?, null, 1, ?, ?, ?)',
  )
  const insertHistory = database.prepare('insert into order_history values (?, 1, null, ?, null, ?, ?)')
  const insertProcess = database.prepare('insert into user_processes values (?, ?, ?, ?, 0, 0, ?, null, ?, ?, ?, null)')
  const insertTimer = database.prepare('insert into timers values (?, ?, ?, 0, 0, null, 0)')
  const insertOutbox = database.prepare('insert into outbox values (?, ?, ?)')
  return order => {
    const { id, processId, items, createdAt: at } = order
    const { amount, currency } = price
    const text = JSON.stringify(items)
    insertOrder.run(
      id,
      floorUser,
      floorCloud,
      floorUser,
      'created',
      text,
      amount,
      currency,
      processId,
      'now',
      id,
      at,
      at,
    )
    insertHistory.run(id, 'created', at, id)
    insertProcess.run(processId, id, floorUser, floorCloud, 'authorizing_payment', at, at, at)
    insertTimer.run('payment-window', id, at + paymentWindowMilliseconds)
    insertOutbox.run(randomUUID(), eventMessage('order.created', order, { items, ...price, cloud: floorCloud }), at)
  }
}

/** What a client is told, of the size that ours has. */
export function presentAccepted({ id, processId, items, createdAt }: FloorOrder): string {
  const at = new Date(createdAt).toISOString()
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

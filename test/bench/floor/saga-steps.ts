// What each durable step behind an accepted order writes: the fact, its history, its event, and that the one before was handled.
import { uuidv7 } from 'uuidv7'
import type { Step, Write } from './floor-store.ts'
import {
  type FloorEvent,
  type FloorOrder,
  floorCloud,
  floorUser,
  historyRow,
  outboxRow,
  price,
  windowTimer,
} from './order-rows.ts'

interface Delivered {
  records: number
  bytes: number
  sha256: string
}

const { amount, currency } = price
/** One payment an order: its id may be the order's. */
const paymentOf = (order: FloorOrder) => order.id

function handled(event: FloorEvent, at: number): Write {
  return { into: 'inbox (message_id, handled_at)', row: [event.id, at] }
}

function attempt(order: FloorOrder, operation: 'authorize' | 'capture', at: number): Write {
  return {
    into: 'payment_attempts (id, payment_id, operation, outcome, amount, reason, idempotency_key, gateway_reference, error, lost, inquiries, at)',
    row: [
      uuidv7(),
      paymentOf(order),
      operation,
      'unknown',
      amount,
      null,
      `${order.id}:${operation}`,
      null,
      null,
      0,
      0,
      at,
    ],
  }
}

/** What the mock gateway of ours keeps, too. */
function ledgerRow(order: FloorOrder, operation: 'authorize' | 'capture', at: number): Write {
  return {
    into: 'mock_gateway_ledger (idempotency_key, payment_id, operation, amount, currency, failures, outcome, decline_code, reference, at)',
    row: [
      `${order.id}:${operation}`,
      paymentOf(order),
      operation,
      amount,
      currency,
      0,
      'succeeded',
      null,
      `mock_${order.id}`,
      at,
    ],
  }
}

function endAttempt(order: FloorOrder, operation: 'authorize' | 'capture'): Write {
  return {
    change: "update payment_attempts set outcome = ?, gateway_reference = concat('mock_', payment_id)",
    values: ['succeeded'],
    where: `operation = '${operation}' and payment_id`,
    key: paymentOf(order),
  }
}

function movePayment(order: FloorOrder, [from, to]: [string, string], at: number): Write[] {
  return [
    {
      change: 'update payments set state = ?, version = version + 1, updated_at = ?',
      values: [to, at],
      where: `state = '${from}' and id`,
      key: paymentOf(order),
    },
    paymentHistory(order, [from, to], at),
  ]
}

function paymentHistory(order: FloorOrder, [from, to]: [string | null, string], at: number): Write {
  return {
    into: 'payment_history (id, payment_id, from_state, to_state, reason, at, request_id)',
    row: [uuidv7(), paymentOf(order), from, to, null, at, order.id],
  }
}

function moveOrder(order: FloorOrder, [version, from, to]: [number, string, string], at: number): Write[] {
  return [
    {
      change: 'update orders set state = ?, version = version + 1, updated_at = ?',
      values: [to, at],
      where: `state = '${from}' and id`,
      key: order.id,
    },
    historyRow(order, [version, from, to], at),
  ]
}

function closeTimer(kind: string, { id }: FloorOrder): Write {
  return { change: 'delete from timers', values: [], where: `kind = '${kind}' and subject`, key: id }
}

export function attemptAuthorization(by: FloorEvent): Step {
  const { order } = by
  return at => [
    handled(by, at),
    {
      into: 'payments (id, order_id, process_id, user_id, cloud, gateway, token, payment_mode, state, wanted, amount, currency, refunded_amount, refund_reserved, decline_code, request_id, version, created_at, updated_at)',
      row: [
        paymentOf(order),
        order.id,
        order.processId,
        floorUser,
        floorCloud,
        'mock',
        null,
        'now',
        'pending',
        'authorize',
        amount,
        currency,
        0,
        0,
        null,
        order.id,
        1,
        at,
        at,
      ],
    },
    paymentHistory(order, [null, 'pending'], at),
    attempt(order, 'authorize', at),
  ]
}

export function authorize({ order }: FloorEvent, authorized: FloorEvent): Step {
  return at => [
    ledgerRow(order, 'authorize', at),
    endAttempt(order, 'authorize'),
    ...movePayment(order, ['pending', 'authorized'], at),
    outboxRow(authorized, at),
  ]
}

export function confirm(by: FloorEvent, confirmed: FloorEvent): Step {
  const { order } = by
  return at => [
    handled(by, at),
    ...moveOrder(order, [2, 'created', 'confirmed'], at),
    {
      change: 'update user_processes set step = ?, updated_at = ?',
      values: ['exporting', at],
      where: 'status = 0 and process_id',
      key: order.processId,
    },
    closeTimer('payment-window', order),
    windowTimer('processing-window', order, at),
    outboxRow(confirmed, at),
  ]
}

export function beginExport(by: FloorEvent): Step {
  const { id, processId, items } = by.order
  const { dataset, format } = items[0]!
  return at => [
    handled(by, at),
    {
      into: 'exports (process_id, order_id, user_id, cloud, account, state, reason, percentage, delivered_at, finished_at, created_at, updated_at)',
      row: [processId, id, floorUser, floorCloud, floorUser, 'running', null, 0, null, null, at, at],
    },
    {
      into: 'export_files (process_id, position, dataset, format, checkpoint, percentage, records, bytes, sha256, updated_at)',
      row: [processId, 0, dataset, format, null, 0, 0, 0, null, at],
    },
  ]
}

export function finishExport({ order }: FloorEvent, finished: FloorEvent, file: Delivered): Step {
  return at => [
    {
      change: 'update export_files set percentage = 100, records = ?, bytes = ?, sha256 = ?, updated_at = ?',
      values: [file.records, file.bytes, file.sha256, at],
      where: 'process_id',
      key: order.processId,
    },
    {
      change: 'update exports set state = ?, percentage = 100, finished_at = ?, updated_at = ?',
      values: ['finished', at, at],
      where: "state = 'running' and process_id",
      key: order.processId,
    },
    outboxRow(finished, at),
  ]
}

export function deliver(by: FloorEvent, delivered: FloorEvent): Step {
  const { order } = by
  return at => [
    handled(by, at),
    ...moveOrder(order, [3, 'confirmed', 'delivered'], at),
    {
      change: 'update user_processes set status = 1, percentage = 100, step = ?, updated_at = ?, finished_at = ?',
      values: ['delivered', at, at],
      where: 'status = 0 and process_id',
      key: order.processId,
    },
    closeTimer('processing-window', order),
    outboxRow(delivered, at),
  ]
}

export function attemptCapture(by: FloorEvent): Step {
  return at => [handled(by, at), attempt(by.order, 'capture', at)]
}

export function capture({ order }: FloorEvent, captured: FloorEvent): Step {
  return at => [
    ledgerRow(order, 'capture', at),
    endAttempt(order, 'capture'),
    ...movePayment(order, ['authorized', 'captured'], at),
    outboxRow(captured, at),
  ]
}

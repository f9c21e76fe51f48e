// What must be true of every order across all services; an order that is young, or in motion, may still be getting there.
import type { AuditRule, ExportRecord, Payment, Violation } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import type { OrderHistoryRow, OrderRow } from './order.ts'
import { type OrderWindows, type WaitingOrder, windowEnd } from './order-window.ts'
import type { ProcessRow } from './process.ts'

export interface AuditedOrder {
  order: OrderRow
  /** Oldest first. */
  history: OrderHistoryRow[]
  process: ProcessRow | undefined
  payment: Payment | undefined
  delivery: ExportRecord | undefined
}

export interface AuditTerms {
  now: number
  windows: OrderWindows
}

type Finding = [rule: AuditRule, detail: string]

/** Work that is younger than this is on its way, not missing. */
export const graceMilliseconds = 30_000
const settled = ['voided', 'declined', 'refunded']

export function violationsOf(audited: AuditedOrder, terms: AuditTerms): Violation[] {
  const inMotion = terms.now - audited.order.updated_at < graceMilliseconds
  const findings = [
    ...processFindings(audited),
    ...historyFindings(audited),
    ...stuckFindings(audited, terms),
    ...captureFindings(audited),
    ...deliveryFindings(audited),
    ...(inMotion ? [] : [...moneyFindings(audited), ...exportFindings(audited)]),
  ]
  return findings.map(([rule, detail]) => ({ order_id: audited.order.id, rule, detail }))
}

function processFindings({ order, process }: AuditedOrder): Finding[] {
  if (!process) return [['process_mismatch', `the order has no process ${order.process_id}`]]
  const status = order.state === 'delivered' ? 1 : order.state === 'cancelled' ? 2 : 0
  const found = `the order is ${order.state}, its process has status ${process.status} at ${process.percentage} %`
  const agrees = process.status === status && (process.percentage === 100) === (status === 1)
  return agrees ? [] : [['process_mismatch', found]]
}

function historyFindings({ order, history }: AuditedOrder): Finding[] {
  const last = history.at(-1)
  const unbroken = history.every((row, at) => row.from_state === (history[at - 1]?.to_state ?? null))
  const agrees =
    last?.to_state === order.state && last.reason === order.cancel_reason && history.length === order.version
  if (unbroken && agrees) return []
  const told = history.map(row => row.to_state).join(', ')
  return [['history_mismatch', `the order is ${order.state} at version ${order.version}, its history says: ${told}`]]
}

/** When an order should have moved on by itself, epoch ms; undefined while it may wait, or where it waits for nothing. */
export function overdueSince(order: WaitingOrder, { now, windows }: AuditTerms): number | undefined {
  const end = windowEnd(order, windows)
  return end !== undefined && now > end + graceMilliseconds ? end : undefined
}

function stuckFindings({ order }: AuditedOrder, terms: AuditTerms): Finding[] {
  const end = overdueSince(order, terms)
  if (end === undefined) return []
  return [
    ['stuck', `the order is ${order.state} since ${rfc3339(order.updated_at)}, its window closed at ${rfc3339(end)}`],
  ]
}

/** What no delay excuses. */
function captureFindings({ order, payment }: AuditedOrder): Finding[] {
  const captures = succeeded(payment, 'capture')
  const findings: Finding[] = []
  if (captures.length > 1) findings.push(['captured_twice', `${captures.length} captures succeeded`])
  if (captures.some(({ amount }) => amount !== order.amount) || (payment && payment.currency !== order.currency)) {
    const taken = captures.map(({ amount }) => `${amount} ${payment?.currency}`).join(', ') || payment?.currency
    findings.push(['wrong_amount', `the order costs ${order.amount} ${order.currency}, the payment is of ${taken}`])
  }
  return findings
}

/** An order is delivered because its export has finished, so no delay excuses one that has not. */
function deliveryFindings({ order, delivery }: AuditedOrder): Finding[] {
  if (order.state !== 'delivered' || delivery?.state === 'finished') return []
  return [['delivery_missing', `the order is delivered, its export is ${delivery?.state ?? 'missing'}`]]
}

function exportFindings({ order, delivery }: AuditedOrder): Finding[] {
  const isFinal = order.state === 'delivered' || order.state === 'cancelled'
  if (!isFinal || delivery?.state !== 'running') return []
  return [['export_running', `the order is ${order.state}, its export is still running`]]
}

function moneyFindings({ order, payment }: AuditedOrder): Finding[] {
  const captured = sum(succeeded(payment, 'capture'))
  const kept = captured - sum(succeeded(payment, 'refund'))
  const state = payment?.state ?? 'missing'
  switch (order.state) {
    case 'delivered':
      if (succeeded(payment, 'capture').length === 0)
        return [['capture_missing', `the order is delivered, its payment is ${state}`]]
      // `unknown` after a capture: the answer to a refund was lost, and the gateway is asked again.
      if (['captured', 'refunded', 'unknown'].includes(state)) return []
      return [['payment_mismatch', `the order is delivered and a capture succeeded, yet its payment is ${state}`]]
    case 'cancelled':
      if (kept > 0)
        return [['money_kept', `the order is cancelled, ${kept} ${order.currency} were taken and not given back`]]
      // A payment service that heard of the end first has opened no payment at all.
      if (!payment || settled.includes(payment.state)) return []
      return [['money_held', `the order is cancelled, its payment is ${state}`]]
    case 'confirmed':
      if (captured > 0) return [['captured_early', 'the money is taken, the order is not delivered']]
      return state === 'authorized'
        ? []
        : [['authorization_missing', `the order is confirmed, its payment is ${state}`]]
    case 'created':
      if (captured > 0) return [['captured_early', 'the money is taken, the order is not even confirmed']]
      return payment ? [] : [['payment_missing', 'the payment service does not know the order']]
  }
}

function succeeded(payment: Payment | undefined, operation: 'capture' | 'refund') {
  return (payment?.attempts ?? []).filter(it => it.operation === operation && it.outcome === 'succeeded')
}

function sum(attempts: { amount: number }[]): number {
  return attempts.reduce((total, { amount }) => total + amount, 0)
}

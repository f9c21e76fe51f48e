// Tells in words where an order is, why, what comes next, and what has happened: from what this and other services know of it.
import type { Explanation, ExportRecord, Payment, PaymentAttempt, Process } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import type { CallbackAttemptRow, CallbackRow } from './callback.ts'
import { readableMoney } from './money.ts'
import { type OrderHistoryRow, type OrderRow, orderedItems } from './order.ts'
import { type OrderWindows, windowEnd } from './order-window.ts'

type Entry = Explanation['entries'][number]

/** What another service answered: its part, nothing yet, or that it is down. */
export type PeerPart<T> = T | 'none' | 'down'

export interface OrderStory {
  order: OrderRow
  history: OrderHistoryRow[]
  process: Process
  callback: CallbackRow | undefined
  /** Newest first. */
  attempts: CallbackAttemptRow[]
  payment: PeerPart<Payment>
  delivery: PeerPart<ExportRecord>
  windows: OrderWindows
}

export function explain(story: OrderStory): Explanation {
  const entries = [...orderEntries(story), ...paymentEntries(story), ...exportEntries(story)]
  return {
    order_id: story.order.id,
    summary: [summaryOf(story), ...refundParts(story), ...missingParts(story)].join(' '),
    next: nextOf(story),
    entries: entries.sort((a, b) => a.at.localeCompare(b.at)),
  }
}

function known<T>(part: PeerPart<T>): T | undefined {
  return part === 'none' || part === 'down' ? undefined : part
}

function summaryOf(story: OrderStory): string {
  const { order, process } = story
  switch (order.state) {
    case 'created':
      return waitingForPayment(order, known(story.payment))
    case 'confirmed':
      return exporting(process, interruptionOf(story))
    case 'delivered':
      return `The order was delivered at ${process.finished_at}; its data is at ${process.data_url}.`
    case 'cancelled':
      return `The order was cancelled (${order.cancel_reason}): ${process.reason}.`
  }
}

function waitingForPayment(order: OrderRow, payment: Payment | undefined): string {
  const amount = readableMoney(order.amount, order.currency)
  if (payment?.state === 'unknown') {
    return `The order waits for its payment of ${amount}: the answer of gateway ${payment.gateway} was lost, and it is being asked again.`
  }
  if (payment?.attempts.at(-1)?.outcome === 'failed') {
    return `The order waits for its payment of ${amount}: gateway ${payment.gateway} is out of order, and it is tried again.`
  }
  if (isUnpaid(order, payment)) return `The order waits to be paid: ${amount}.`
  return `The order waits for its payment of ${amount} to be authorized.`
}

/** To be paid later, and nobody has tried to. */
function isUnpaid(order: OrderRow, payment: Payment | undefined): boolean {
  return order.payment_mode === 'later' && !payment?.attempts.length
}

function exporting({ percentage, step }: Process, interruption: string | undefined): string {
  const so = `The payment is authorized and the export is at ${percentage} % (${step})`
  return interruption === undefined ? `${so}.` : `${so}; it was interrupted and is tried again: ${interruption}.`
}

/** What keeps an export that still runs from going on, as far as the data service tells. */
function interruptionOf({ delivery }: OrderStory): string | undefined {
  const record = known(delivery)
  return record?.state === 'running' ? (record.reason ?? undefined) : undefined
}

function refundParts(story: OrderStory): string[] {
  const payment = known(story.payment)
  if (!payment) return []
  const paid = readableMoney(payment.amount, payment.currency)
  if (payment.state === 'refunded') return [`Its payment of ${paid} was refunded in full.`]
  if (payment.refunded_amount === 0) return []
  return [`Of its payment of ${paid}, ${readableMoney(payment.refunded_amount, payment.currency)} was refunded.`]
}

function missingParts({ payment, delivery }: OrderStory): string[] {
  const missing = []
  if (payment === 'down') missing.push('The payment service does not answer, so its part of the story is missing.')
  if (delivery === 'down') missing.push('The data service does not answer, so its part of the story is missing.')
  return missing
}

function nextOf(story: OrderStory): string {
  const { order, windows } = story
  const end = rfc3339(windowEnd(order, windows) ?? null)
  const atTheLatest = `if that has not happened by ${end}, the order is cancelled`
  if (order.state === 'created') {
    return isUnpaid(order, known(story.payment))
      ? `its owner pays it (POST /payment with order_id ${order.id}); ${atTheLatest}`
      : `the payment service reports the gateway's answer; ${atTheLatest}`
  }
  if (order.state === 'confirmed') {
    return `${nextOfExport(story)}, then the payment is captured; ${atTheLatest}`
  }
  const steps = [nextOfPayment(story), nextOfCallback(story.callback)].filter(step => step !== undefined)
  return steps.length > 0 ? steps.join('; ') : `nothing: the order is ${order.state}, and that is final`
}

function nextOfExport(story: OrderStory): string {
  if (interruptionOf(story) !== undefined) return 'the export is tried again where it stopped'
  const eta = story.process.eta_seconds
  return eta === null ? 'the export goes on' : `the export ends in about ${eta} s`
}

function nextOfPayment({ order, payment }: OrderStory): string | undefined {
  if (payment === 'down') return 'the payment service, once it answers, settles the payment if it has not done so'
  const state = known(payment)?.state
  if (state !== 'pending' && state !== 'authorized' && state !== 'unknown') return undefined
  return order.state === 'delivered' ? 'the payment is captured' : 'the payment is voided'
}

function nextOfCallback(callback: CallbackRow | undefined): string | undefined {
  if (callback?.state !== 'waiting') return undefined
  return `${callback.url} is called back at ${rfc3339(callback.next_attempt_at)}`
}

function orderEntries({ order, history, process, callback, attempts }: OrderStory): Entry[] {
  const told = history.map(row => ({
    at: rfc3339(row.at),
    service: 'order',
    kind: `order.${row.to_state}`,
    text: transitionText(order, row, process),
    request_id: row.request_id,
  }))
  if (process.status === 0 && process.percentage > 0) {
    const text = `the export is at ${process.percentage} %: ${process.step}`
    told.push({
      at: process.updated_at,
      service: 'order',
      kind: 'process.progressed',
      text,
      request_id: order.request_id,
    })
  }
  const called = attempts.map(row => ({
    at: rfc3339(row.at),
    service: 'order',
    kind: 'callback.attempted',
    text: attemptText(row),
    request_id: callback?.request_id ?? null,
  }))
  return [...told, ...called]
}

function transitionText(order: OrderRow, row: OrderHistoryRow, process: Process): string {
  switch (row.to_state) {
    case 'created': {
      const datasets = orderedItems(order).map(item => item.dataset)
      const price = readableMoney(order.amount, order.currency)
      return `ordered from cloud ${order.cloud} for ${price}, to be paid ${order.payment_mode}: ${datasets.join(', ')}`
    }
    case 'confirmed':
      return 'the payment is authorized, so the export begins'
    case 'delivered':
      return 'the export is complete, so the order is delivered'
    case 'cancelled':
      return `cancelled (${row.reason}): ${process.reason}`
  }
}

function attemptText({ url, attempt, error, next_attempt_at }: CallbackAttemptRow): string {
  if (error === null) return `callback ${attempt} to ${url} was accepted`
  const then = next_attempt_at === null ? 'it is not tried again' : `it is tried again at ${rfc3339(next_attempt_at)}`
  return `callback ${attempt} to ${url} failed (${error}); ${then}`
}

function paymentEntries({ order, payment: part }: OrderStory): Entry[] {
  const payment = known(part)
  if (!payment) return []
  const amount = readableMoney(payment.amount, payment.currency)
  return [
    {
      at: payment.created_at,
      service: 'payment',
      kind: 'payment.opened',
      text: `a payment of ${amount} is opened at gateway ${payment.gateway}`,
      request_id: order.request_id,
    },
    ...payment.attempts.map(it => ({
      at: it.at,
      service: 'payment',
      kind: `payment.${it.operation}`,
      text: paymentText(payment, it),
      request_id: it.request_id,
    })),
  ]
}

function paymentText(payment: Payment, { operation, outcome, amount, error }: PaymentAttempt): string {
  const what = `${operation} of ${readableMoney(amount, payment.currency)} at gateway ${payment.gateway}`
  switch (outcome) {
    case 'succeeded':
      return `${what} succeeded`
    case 'declined': {
      const why = payment.decline_code ?? error
      return `${what} was declined${why ? `: ${why}` : ''}`
    }
    case 'failed':
      return `${what} failed${error ? `: ${error}` : ''}; it is tried again`
    case 'unknown':
      return `${what}: the outcome is not known yet, the gateway is asked again`
  }
}

function exportEntries({ delivery, history }: OrderStory): Entry[] {
  const record = known(delivery)
  if (!record) return []
  const entry = (at: string, kind: string, text: string, requestId = record.request_id): Entry => ({
    at,
    service: 'data',
    kind,
    text,
    request_id: requestId,
  })
  const cancelled = record.state === 'cancelled' && history.find(row => row.to_state === 'cancelled')
  const files = record.files.map(file =>
    entry(
      file.updated_at,
      'export.file',
      `${file.dataset} as ${file.format}: ${file.records} records, ${file.bytes} bytes, ${file.percentage} %`,
    ),
  )
  const end = `the export is ${record.state}${record.reason === null ? '' : `: ${record.reason}`}`
  return [
    entry(record.created_at, 'export.started', 'the export starts'),
    ...files,
    ...(record.state === 'running'
      ? []
      : [entry(record.updated_at, `export.${record.state}`, end, (cancelled || record).request_id)]),
  ]
}

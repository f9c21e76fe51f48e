// The timeline of an order: what each service did, and what it still has to do, in one order of time.
import type { ExportRecord, Payment, PaymentAttempt, StepOutcome, StoryEntry } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import type { CallbackAttemptRow } from './callback.ts'
import { readableMoney } from './money.ts'
import { type OrderHistoryRow, orderedItems } from './order.ts'
import {
  known,
  nextTryOf,
  type OrderStory,
  retryOf,
  type StoryMessage,
  servicesOfOrders,
  stuckMessages,
  whenDue,
} from './order-story.ts'
import { errorFor, isLost, messageInWords, operationInWords, triesUntil } from './order-trouble.ts'

/** Oldest first. */
export function entriesOf(story: OrderStory): StoryEntry[] {
  const all = [...orderEntries(story), ...paymentEntries(story), ...exportEntries(story), ...callbackEntries(story)]
  const messages = stuckMessages(story).map(message => messageEntry(message, story))
  return [...all, ...messages, ...recoveredEntries(story)].sort((a, b) => a.at.localeCompare(b.at))
}

type Told = Pick<StoryEntry, 'at' | 'service' | 'kind' | 'text' | 'request_id'> & Partial<StoryEntry>

/** A step that was made once, unless it is said otherwise. */
function entry(told: Told): StoryEntry {
  return { outcome: 'done', attempt: null, next_attempt_at: null, percentage: null, ...told }
}

function orderEntries(story: OrderStory): StoryEntry[] {
  const { order, history, process } = story
  const told = history.map(row =>
    entry({
      ...{ at: rfc3339(row.at), service: 'order', kind: `order.${row.to_state}`, text: transitionText(story, row) },
      ...{ request_id: row.request_id, outcome: row.to_state === 'cancelled' ? 'failed' : 'done' },
    }),
  )
  if (process.status !== 0 || process.percentage === 0) return told
  const { percentage, step, updated_at: at } = process
  const text = `the export is at ${percentage} %: ${step}`
  const progress = { at, service: 'order', kind: 'process.progressed', text, request_id: order.request_id }
  return [...told, entry({ ...progress, outcome: 'running', percentage })]
}

function transitionText({ order, process }: OrderStory, row: OrderHistoryRow): string {
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
      return row.reason === 'cancelled_by_user'
        ? 'the order is cancelled by its owner'
        : `the order is cancelled: ${process.reason}`
  }
}

function callbackEntries({ callback, attempts }: OrderStory): StoryEntry[] {
  return attempts.map(row =>
    entry({
      ...{ at: rfc3339(row.at), service: 'order', kind: 'callback.attempted', text: callbackText(row) },
      ...{ request_id: callback?.request_id ?? null, attempt: row.attempt },
      ...{ outcome: row.error === null ? 'done' : 'failed', next_attempt_at: rfc3339(row.next_attempt_at) },
    }),
  )
}

function callbackText({ url, attempt, error, next_attempt_at }: CallbackAttemptRow): string {
  if (error === null) return `callback ${attempt} to ${url} was accepted`
  const then = next_attempt_at === null ? 'it is not tried again' : `to be tried again at ${rfc3339(next_attempt_at)}`
  return `callback ${attempt} to ${url} failed (${error}); ${then}`
}

function paymentEntries(story: OrderStory): StoryEntry[] {
  const payment = known(story.payment)
  if (!payment) return []
  const amount = readableMoney(payment.amount, payment.currency)
  const opened = entry({
    ...{ at: payment.created_at, service: 'payment', kind: 'payment.opened', request_id: story.order.request_id },
    text: `a payment of ${amount} is opened at gateway ${payment.gateway}`,
  })
  const last = payment.attempts.at(-1)
  const tried = payment.attempts.map(attempt => {
    const isLast = attempt === last
    const next = isLast && attempt.outcome !== 'succeeded' ? nextTryOf(story, 'payment') : null
    return entry({
      ...{ at: attempt.at, service: 'payment', kind: `payment.${attempt.operation}`, request_id: attempt.request_id },
      ...{ outcome: outcomeOf(attempt), attempt: triesUntil(payment.attempts, attempt), next_attempt_at: next },
      text: attemptText(story, attempt, next),
    })
  })
  return [opened, ...tried, ...voidedUntouched(story, payment)]
}

/** Nothing had been reserved, so no gateway was called. */
function voidedUntouched({ history }: OrderStory, payment: Payment): StoryEntry[] {
  if (payment.state !== 'voided' || payment.attempts.some(({ operation }) => operation === 'void')) return []
  const { request_id = null } = history.find(row => row.to_state === 'cancelled') ?? {}
  const of = { at: payment.updated_at, service: 'payment', kind: 'payment.voided', request_id }
  return [entry({ ...of, text: 'the payment is voided: no money was reserved' })]
}

function outcomeOf(attempt: PaymentAttempt): StepOutcome {
  if (attempt.outcome === 'succeeded') return 'done'
  if (attempt.outcome === 'unknown') return isLost(attempt) ? 'waiting' : 'running'
  return 'failed'
}

function attemptText(story: OrderStory, attempt: PaymentAttempt, next: string | null): string {
  const payment = known(story.payment)!
  const what = operationInWords(payment, attempt)
  const { outcome, error } = attempt
  const again = next === null ? '' : `; it is tried again ${whenDue(next, story.now)}`
  switch (outcome) {
    case 'succeeded':
      return `${what} succeeded`
    case 'declined': {
      const why = payment.decline_code ?? error
      return `${what} was declined${why ? `: ${why}` : ''}`
    }
    case 'failed':
      return `${what} failed${error ? `: ${error}` : ''}${again}`
    case 'unknown': {
      if (!isLost(attempt)) return `${what} is under way`
      const when = next === null ? '' : ` ${whenDue(next, story.now)}`
      return `${what}: ${error}; it is asked what became of it${when}`
    }
  }
}

function exportEntries(story: OrderStory): StoryEntry[] {
  const record = known(story.delivery)
  if (!record) return []
  const { history } = story
  const told = (at: string, kind: string, text: string, more: Partial<StoryEntry> = {}) =>
    entry({ at, service: 'data', kind, text, request_id: record.request_id, ...more })
  const isInterrupted = record.state === 'running' && record.reason !== null
  const files = record.files.map(file => {
    const isDone = file.sha256 !== null
    const unfinished = record.state === 'running' ? (isInterrupted ? 'waiting' : 'running') : 'failed'
    const { dataset, format, records, bytes, percentage } = file
    return told(
      file.updated_at,
      'export.file',
      `${dataset} as ${format}: ${records} records, ${bytes} bytes, ${percentage} %`,
      { outcome: isDone ? 'done' : unfinished, percentage },
    )
  })
  const started = told(record.created_at, 'export.started', 'the export starts')
  if (isInterrupted) return [started, ...files, interruption(story, told)]
  if (record.state === 'running') return [started, ...files]
  const cancelled = record.state === 'cancelled' && history.find(row => row.to_state === 'cancelled')
  // Cancelled before it could begin.
  if (cancelled && files.length === 0) return []
  const outcome = record.state === 'finished' ? 'done' : 'failed'
  const { request_id } = cancelled || record
  const text = endOfExport(record)
  return [
    started,
    ...files,
    told(record.finished_at ?? record.updated_at, `export.${record.state}`, text, { outcome, request_id }),
  ]
}

function endOfExport({ state, reason }: ExportRecord): string {
  if (state === 'finished') return 'the export is complete'
  return state === 'cancelled' ? 'the export is cancelled' : `the export failed: ${reason}`
}

function interruption(
  story: OrderStory,
  told: (at: string, kind: string, text: string, more: Partial<StoryEntry>) => StoryEntry,
): StoryEntry {
  const { updated_at, reason } = known(story.delivery) as { updated_at: string; reason: string }
  const attempt = Math.max(retryOf(story, 'data')?.attempt ?? 0, 1)
  const next = nextTryOf(story, 'data')
  const text = `attempt ${attempt} to export was interrupted: ${reason}; it goes on ${next === null ? 'now' : whenDue(next, story.now)}`
  return told(updated_at, 'export.interrupted', text, { outcome: 'failed', attempt, next_attempt_at: next })
}

/** What failed first and was handled then: where nothing is wrong any more, it says what took so long. */
function recoveredEntries({ work, caller }: OrderStory): StoryEntry[] {
  return servicesOfOrders.flatMap(service =>
    (known(work[service])?.recovered ?? []).map(message => {
      const { request_id, tries, handled_at, failed_at, error } = message
      const why = caller.role === 'operator' ? `: ${error}` : ''
      const text = `${messageInWords(message)} was handled at attempt ${tries}, after it had failed since ${failed_at}${why}`
      return entry({ at: handled_at, service, kind: 'message.recovered', request_id, attempt: tries, text })
    }),
  )
}

function messageEntry(message: StoryMessage, story: OrderStory): StoryEntry {
  const { service, state, tries, request_id, next_try_at } = message
  const of = { at: message.updated_at, service, kind: `message.${state}`, request_id, next_attempt_at: next_try_at }
  const about = messageInWords(message)
  const error = errorFor(story, message)
  const why = error === null ? '' : `: ${error}`
  switch (state) {
    case 'unsent':
      return entry({ ...of, outcome: 'waiting', text: `${about} waits for the message broker` })
    case 'failing': {
      const again = `it is handed over again ${whenDue(next_try_at, story.now)}`
      return entry({
        ...{ ...of, outcome: 'failed', attempt: tries },
        text: `attempt ${tries} to handle ${about} failed${why}; ${again}`,
      })
    }
    case 'dead':
      return entry({
        ...{ ...of, outcome: 'failed', attempt: tries },
        text: `attempt ${tries} to handle ${about} failed${why}; it waits for an operator`,
      })
  }
}

// Finds the step that keeps an order from going on: what failed, how often, when it is tried again, and how to say so.
import type { EventType, PaymentAttempt, PaymentOperation, Trouble } from '@waybill/contracts'
import { readableMoney } from './money.ts'
import { known, nextTryOf, type OrderStory, retryOf, type StoryMessage, stuckMessages, whenDue } from './order-story.ts'

export interface TroubleInWords extends Trouble {
  /** What is wrong; goes on where a sentence about the order stops. */
  clause: string
  /** What happens about it. */
  next: string
}

/** The worst first: what waits for a person comes before what is tried again by itself. */
export function findTroubles(story: OrderStory): TroubleInWords[] {
  const [ofMessage] = stuckMessages(story).map(message => messageTrouble(message, story))
  return [ofMessage, paymentTrouble(story), exportTrouble(story), callbackTrouble(story)].filter(it => it !== undefined)
}

const news: Partial<Record<EventType, string>> = {
  'order.created': 'the order was placed',
  'order.confirmed': 'the export may begin',
  'order.cancelled': 'the order was cancelled',
  'order.delivered': 'the order was delivered',
  'payment.authorized': 'the payment is authorized',
  'payment.declined': 'the payment was declined',
  'payment.captured': 'the payment was captured',
  'payment.voided': 'the payment was voided',
  'payment.refunded': 'the payment was refunded',
  'export.progressed': 'the export has made progress',
  'export.finished': 'the export is complete',
  'export.failed': 'the export has failed',
}

/** `the message that the order was placed (order.created)`. */
export function messageInWords({ event_type }: Pick<StoryMessage, 'event_type'>): string {
  const what = news[event_type as EventType]
  return what === undefined ? `the message ${event_type}` : `the message that ${what} (${event_type})`
}

/** An error of our own inside is for operators. */
export function errorFor({ caller }: Pick<OrderStory, 'caller'>, { error }: StoryMessage): string | null {
  return caller.role === 'operator' ? error : null
}

function messageTrouble(message: StoryMessage, story: OrderStory): TroubleInWords {
  const { service, state, tries, next_try_at } = message
  const error = errorFor(story, message)
  const why = error === null ? '' : `: ${error}`
  const about = messageInWords(message)
  const of = { service, error, attempt: tries, next_attempt_at: next_try_at }
  if (state === 'unsent') {
    return {
      ...{ ...of, step: `publish ${message.event_type}`, error: 'the message broker has not confirmed it' },
      clause: `${about} has waited since ${message.since} for the message broker to take it`,
      next: `the ${service} service publishes the message as soon as the broker takes it`,
    }
  }
  const step = `handle ${message.event_type}`
  if (state === 'dead') {
    const who = story.caller.role === 'operator' ? 'you replay it as an operator' : 'an operator replays it'
    return {
      ...{ ...of, step },
      clause: `the ${service} service has given up on ${about} after ${times(tries)}${why}`,
      next: `nothing by itself: the message is handled once more when ${who}`,
    }
  }
  return {
    ...{ ...of, step },
    clause: `the ${service} service failed at attempt ${tries} to handle ${about}${why}`,
    next: `attempt ${tries + 1} to handle the message is made ${whenDue(next_try_at, story.now)}`,
  }
}

const times = (tries: number) => (tries === 1 ? 'one attempt' : `${tries} attempts`)

const doing: Record<PaymentOperation, string> = {
  authorize: 'authorizing',
  capture: 'capturing',
  void: 'voiding',
  refund: 'refunding',
}

const effect: Record<PaymentOperation, string> = {
  authorize: 'reserved',
  capture: 'taken',
  void: 'released',
  refund: 'given back',
}

/** `authorizing 1.00 USD at gateway mock`. */
export function operationInWords(
  { gateway, currency }: { gateway: string; currency: string },
  { operation, amount }: PaymentAttempt,
): string {
  return `${doing[operation]} ${readableMoney(amount, currency)} at gateway ${gateway}`
}

/** Its answer was lost: only the gateway knows what happened. */
export function isLost({ outcome, error }: PaymentAttempt): boolean {
  return outcome === 'unknown' && error !== null
}

/** How often the gateway was called or asked for one operation, up to an attempt. */
export function triesUntil(attempts: PaymentAttempt[], last: PaymentAttempt): number {
  const same = attempts.slice(0, attempts.indexOf(last) + 1).filter(({ operation }) => operation === last.operation)
  return same.reduce((sum, { inquiries }) => sum + 1 + inquiries, 0)
}

function paymentTrouble(story: OrderStory): TroubleInWords | undefined {
  const payment = known(story.payment)
  const last = payment?.attempts.at(-1)
  if (!payment || !last || last.outcome === 'succeeded') return undefined
  const isOver = payment.state === 'declined' || payment.state === 'voided' || payment.state === 'refunded'
  if (isOver || (last.outcome === 'unknown' && !isLost(last))) return undefined
  const retry = retryOf(story, 'payment')
  // Nobody tries again what is not wanted any more: it was called off.
  if (!retry && story.work.payment !== 'down' && !isLost(last)) return undefined
  const due = nextTryOf(story, 'payment')
  const when = retry?.under_way ? 'now' : due === null ? 'soon' : whenDue(due, story.now)
  const attempt = triesUntil(payment.attempts, last)
  const { operation, error } = last
  const of = { service: 'payment' as const, step: operation, error, attempt, next_attempt_at: due }
  if (isLost(last)) {
    return {
      ...of,
      clause: `${error}, so it is not known yet whether the money is ${effect[operation]}`,
      next: `the gateway is asked ${when} what became of it`,
    }
  }
  return {
    ...of,
    clause: `attempt ${attempt} to ${operation} ${story.order.state === 'created' ? 'it' : 'the payment'} at gateway ${payment.gateway} failed${error ? ` (${error})` : ''}`,
    next: `attempt ${attempt + 1} to ${operation} the payment is made ${when}`,
  }
}

function exportTrouble(story: OrderStory): TroubleInWords | undefined {
  const record = known(story.delivery)
  if (record?.state !== 'running' || record.reason === null) return undefined
  const retry = retryOf(story, 'data')
  const due = nextTryOf(story, 'data')
  const attempt = Math.max(retry?.attempt ?? 0, 1)
  const when = due === null ? 'now' : whenDue(due, story.now)
  return {
    ...{ service: 'data', step: 'export', error: record.reason, attempt, next_attempt_at: due },
    clause: `it was interrupted at attempt ${attempt}: ${record.reason}`,
    next: `attempt ${attempt + 1} to export goes on ${when} where the last one stopped`,
  }
}

function callbackTrouble(story: OrderStory): TroubleInWords | undefined {
  const { callback, attempts } = story
  const last = attempts[0]
  if (callback?.state !== 'waiting' || !last || last.error === null) return undefined
  const due = nextTryOf(story, 'order')
  const { attempt } = last
  return {
    ...{ service: 'order', step: 'callback', error: last.error, attempt, next_attempt_at: due },
    clause: `attempt ${attempt} to call back ${callback.url} failed (${last.error})`,
    next: nextCallback(story),
  }
}

/** `http://… is called back at … (attempt 2)`. */
export function nextCallback(story: OrderStory): string {
  const { url, attempt } = story.callback!
  const due = nextTryOf(story, 'order')
  return `${url} is called back ${whenDue(due, story.now)} (attempt ${attempt + 1})`
}

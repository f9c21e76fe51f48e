// Tells where an order is, why, what comes next and what may be done about it, from what this and other services know of it.
import type { Explanation } from '@waybill/contracts'
import { rfc3339 } from '@waybill/platform/clock'
import { readableMoney } from './money.ts'
import { actionsFor, timesToCome, waitsForItsOwner } from './order-actions.ts'
import {
  crowdedServices,
  known,
  type OrderStory,
  retryOf,
  servicesOfOrders,
  silentServices,
  stuckMessages,
} from './order-story.ts'
import { findTroubles, nextCallback, type TroubleInWords } from './order-trouble.ts'
import { windowEnd } from './order-window.ts'
import { steps } from './process.ts'
import { entriesOf } from './story-entries.ts'

export function explain(story: OrderStory): Explanation {
  const { order, process } = story
  const troubles = findTroubles(story)
  const deadline = rfc3339(windowEnd(order, story.windows) ?? null)
  return {
    ...{ order_id: order.id, state: order.state, percentage: process.percentage },
    summary: [summaryOf(story, troubles[0]), ...refundParts(story), ...missingParts(story)].join(' '),
    next: nextOf(story, troubles, deadline),
    next_at: nextTime(story, deadline),
    deadline,
    ended: hasEnded(story),
    trouble: troubles[0] ? withoutWords(troubles[0]) : null,
    actions: actionsFor(story),
    entries: entriesOf(story),
  }
}

function withoutWords({ clause: _, next: __, ...trouble }: TroubleInWords) {
  return trouble
}

function summaryOf(story: OrderStory, trouble: TroubleInWords | undefined): string {
  if (!trouble) return `${placeOf(story)}.`
  return `${placeOf(story)}${story.order.state === 'created' ? ':' : ';'} ${trouble.clause}.`
}

/** A sentence without its end. */
function placeOf(story: OrderStory): string {
  const { order, process } = story
  const amount = readableMoney(order.amount, order.currency)
  switch (order.state) {
    case 'created':
      return waitsForItsOwner(story)
        ? `The order waits for its owner to pay ${amount}`
        : `The order waits for its payment of ${amount} to be authorized`
    case 'confirmed':
      return `The payment is authorized and the export is at ${process.percentage} %${stepInWords(process)}`
    case 'delivered':
      return `The order was delivered at ${process.finished_at}; its data is at ${process.data_url}`
    case 'cancelled':
      return `The order was cancelled ${whyCancelled(story)}`
  }
}

/** Which file it is at, once that is known. */
function stepInWords({ step }: OrderStory['process']): string {
  return step === steps.exporting ? '' : ` (${step})`
}

function whyCancelled({ order, process }: OrderStory): string {
  if (order.cancel_reason === 'cancelled_by_user') return 'by its owner'
  if (order.cancel_reason === 'processing_failed') return `because its export failed: ${process.reason}`
  return `because ${process.reason}`
}

function refundParts(story: OrderStory): string[] {
  const payment = known(story.payment)
  if (!payment) return []
  const paid = readableMoney(payment.amount, payment.currency)
  if (payment.state === 'refunded') return [`Its payment of ${paid} was refunded in full.`]
  if (payment.refunded_amount === 0) return []
  return [`Of its payment of ${paid}, ${readableMoney(payment.refunded_amount, payment.currency)} was refunded.`]
}

function missingParts(story: OrderStory): string[] {
  return [
    ...silentServices(story).map(
      service => `The ${service} service does not answer, so its part of the story is missing.`,
    ),
    ...crowdedServices(story).map(
      service =>
        `Very many messages of the ${service} service wait for the message broker, perhaps some about this order.`,
    ),
  ]
}

function nextOf(story: OrderStory, troubles: TroubleInWords[], deadline: string | null): string {
  const { order } = story
  const steps = [stepOfMessage(story, troubles), ...stepsOf(story, troubles)].filter(step => step !== undefined)
  if (deadline !== null) return `${steps[0]}; if that has not happened by ${deadline}, the order is cancelled`
  return steps.length > 0 ? steps.join('; ') : `nothing: the order is ${order.state}, and that is final`
}

/** A message that is stuck holds up what it is about. */
function stepOfMessage(story: OrderStory, [worst]: TroubleInWords[]): string | undefined {
  return stuckMessages(story).length > 0 ? worst?.next : undefined
}

function stepsOf(story: OrderStory, troubles: TroubleInWords[]): (string | undefined)[] {
  const { order, callback } = story
  const nextIn = (step: string) => troubles.find(trouble => trouble.step === step)?.next
  const ofPayment = troubles.find(({ service, step }) => service === 'payment' && !step.includes(' '))?.next
  switch (order.state) {
    case 'created':
      if (waitsForItsOwner(story)) return [`its owner pays it (POST /payment with order_id ${order.id})`]
      return [ofPayment ?? "the payment service reports the gateway's answer"]
    case 'confirmed':
      return [`${nextIn('export') ?? nextOfExport(story)}, then the payment is captured`]
    default:
      return [ofPayment ?? nextOfPayment(story), callback?.state === 'waiting' ? nextCallback(story) : undefined]
  }
}

function nextOfExport({ process: { eta_seconds: eta } }: OrderStory): string {
  return eta === null ? 'the export goes on' : `the export ends in about ${eta} s`
}

function nextOfPayment(story: OrderStory): string | undefined {
  if (story.payment === 'down') return 'the payment service, once it answers, settles the payment if it has not done so'
  if (!isUnsettled(story)) return undefined
  return story.order.state === 'delivered' ? 'the payment is captured' : 'the payment is voided'
}

function isUnsettled({ payment }: OrderStory): boolean {
  const state = known(payment)?.state
  return state === 'pending' || state === 'authorized' || state === 'unknown'
}

function nextTime(story: OrderStory, deadline: string | null): string | null {
  const [next] = timesToCome(story)
  if (next === undefined) return waitsForItsOwner(story) ? deadline : null
  return deadline !== null && deadline < next ? deadline : next
}

/** Nobody waits for anything any more; who does not answer may still. */
function hasEnded(story: OrderStory): boolean {
  const { order, callback } = story
  const isFinal = order.state === 'delivered' || order.state === 'cancelled'
  if (!isFinal || isUnsettled(story) || callback?.state === 'waiting' || silentServices(story).length > 0) return false
  if (crowdedServices(story).length > 0) return false
  return servicesOfOrders.every(service => retryOf(story, service) === undefined) && stuckMessages(story).length === 0
}

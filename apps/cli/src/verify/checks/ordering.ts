// Orders and their money: paid later, paid now, declined, slow, out of order, lost; cancelled, repeated, and for what is not there.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { isWaybillError, type NewOrder, type Order, type Payment } from '@waybill/sdk'
import { LeftOut, mustBe, mustRefuse } from '../finding.ts'
import { rawCall } from '../raw-call.ts'
import {
  datasetOf,
  guestOf,
  mockPayment,
  mustBePayable,
  settledPayment,
  type Trial,
  trialOf,
  type Visit,
} from '../visit.ts'

const oneDataset = (visit: Visit): NewOrder['items'] => [{ dataset: datasetOf(visit).name }]
const laterOrder = (visit: Visit): NewOrder => ({ items: oneDataset(visit), payment: { mode: 'later' } })
const nowOrder = (visit: Visit, token: string): NewOrder => ({ items: oneDataset(visit), payment: mockPayment(token) })

export async function cancelledUnpaid(visit: Visit): Promise<string> {
  const { client } = guestOf(visit, 0)
  const { order, process } = await client.orders.place(laterOrder(visit))
  mustBe(order.state === 'created' && order.payment_mode === 'later', `placed, it is ${order.state}`)
  const cancelled = await client.orders.cancel(order.id)
  mustBe(cancelled.state === 'cancelled', `cancelled, it is ${cancelled.state}`)
  mustBe(cancelled.cancel_reason === 'cancelled_by_user', `its reason is ${cancelled.cancel_reason}`)
  const ended = await client.processes.get(process.process_id)
  mustBe(ended.status === 2 && ended.percentage < 100, `its process: status ${ended.status}, ${ended.percentage} %`)
  await mustRefuse(client.orders.cancel(order.id), 409, 'ORDER_NOT_CANCELLABLE', 'a second cancel')
  mustBeUnmoved(await settledPayment(client, cancelled))
  return 'no money moved'
}

/** Finds out, too, whether the mock gateway is there: it is asked for by name, and no other ever is. */
export async function paidLater(visit: Visit): Promise<string> {
  if (!visit.terms.mayPay) visit.whyUnpayable = 'no order is paid (--no-payments)'
  const { client } = guestOf(visit, 0)
  if (visit.whyUnpayable) throw new LeftOut(visit.whyUnpayable)
  const { order, finished } = await client.orders.place(laterOrder(visit))
  try {
    await client.payments.pay({ order_id: order.id, gateway: 'mock', token: 'tok_approve' })
    visit.whyUnpayable = null
  } catch (error) {
    await client.orders.cancel(order.id)
    if (!isWaybillError(error) || error.status !== 400) throw error
    visit.whyUnpayable = `the mock gateway is not set up here, and no other is used (${error.code})`
    throw new LeftOut(visit.whyUnpayable)
  }
  // These take seconds by their nature: they run beside what follows.
  for (const token of ['tok_slow', 'tok_outage', 'tok_lost']) void startTrial(visit, token)
  await finished({ signal: AbortSignal.timeout(30_000) })
  mustBeCaptured(await settledPayment(client, await client.orders.get(order.id)))
  const again = client.payments.pay({ order_id: order.id, gateway: 'mock', token: 'tok_approve' })
  await mustRefuse(again, 409, 'ORDER_NOT_PAYABLE', 'a second payment')
  return 'captured once'
}

function startTrial(visit: Visit, token: string): Promise<Trial> {
  mustBePayable(visit)
  return trialOf(visit, token, nowOrder(visit, token))
}

export async function paidNow(visit: Visit): Promise<string> {
  mustBePayable(visit)
  const [first, second] = [datasetOf(visit, 0).name, datasetOf(visit, 1).name]
  const items: NewOrder['items'] = [{ dataset: first, format: 'ndjson' }]
  if (second !== first) items.push({ dataset: second, format: 'csv' })
  const trial = await trialOf(visit, 'delivery', { items, payment: mockPayment('tok_approve') })
  mustBe(trial.order.state === 'delivered', `it is ${describeEnd(trial)}`)
  visit.delivered = trial
  mustHaveRisen(trial)
  const { client } = guestOf(visit, 0)
  const states = (await client.orders.history(trial.order.id)).map(({ to }) => to).join(', ')
  mustBe(states === 'created, confirmed, delivered', `its history says ${states}`)
  mustBeCaptured(await settledPayment(client, trial.order))
  return `${items.length} files, ${trial.seen.length} events of its stream`
}

/** Percentage never goes down, is 100 exactly at success, and the stream ends with the end. */
function mustHaveRisen({ seen, order }: Trial): void {
  const last = seen.at(-1)
  mustBe(last !== undefined && last.status !== 0, 'its event stream ended before it did')
  mustBe(
    seen.every(({ percentage }, at) => at === 0 || percentage >= seen[at - 1]!.percentage),
    `its percentage went down: ${seen.map(it => it.percentage).join(', ')}`,
  )
  mustBe(
    seen.every(({ percentage, status }) => (percentage === 100) === (status === 1)),
    `it was ${seen.map(it => `${it.percentage} % at status ${it.status}`).join(', ')}`,
  )
  mustBe((last.status === 1) === (order.state === 'delivered'), `status ${last.status} of an order ${order.state}`)
}

const describeEnd = ({ order, seen }: Trial) =>
  `${order.state}${order.cancel_reason ? `, ${order.cancel_reason}` : ''} (${seen.at(-1)?.reason ?? 'no reason given'})`

export async function declined(visit: Visit): Promise<string> {
  const trial = await startTrial(visit, 'tok_decline')
  const { state, cancel_reason } = trial.order
  mustBe(state === 'cancelled' && cancel_reason === 'payment_declined', `it is ${describeEnd(trial)}`)
  mustHaveRisen(trial)
  const payment = await settledPayment(guestOf(visit, 0).client, trial.order)
  mustBe(payment.state === 'declined' && payment.verdict === 'declined', `its payment is ${payment.state}`)
  mustBeUnmoved(payment)
  return `${payment.decline_code}, no money moved`
}

/** tok_slow, tok_outage and tok_lost all end delivered, and the money is taken once. */
export const deliveredDespite =
  (token: string) =>
  async (visit: Visit): Promise<string> => {
    const trial = await startTrial(visit, token)
    mustBe(trial.order.state === 'delivered', `it is ${describeEnd(trial)}`)
    mustHaveRisen(trial)
    const payment = await settledPayment(guestOf(visit, 0).client, trial.order)
    mustBeCaptured(payment)
    const authorizing = payment.attempts.filter(({ operation }) => operation === 'authorize')
    const seconds = (Date.parse(trial.order.updated_at) - Date.parse(trial.order.created_at)) / 1_000
    return `delivered after ${seconds.toFixed(1)} s, ${authorizing.length} attempts, captured once`
  }

export async function unknownDataset(visit: Visit): Promise<string> {
  mustBePayable(visit)
  const dataset = 'no-such-dataset'
  const order: NewOrder = { items: [{ dataset }], payment: mockPayment('tok_approve') }
  const trial = await trialOf(visit, dataset, order)
  const { state, cancel_reason } = trial.order
  mustBe(state === 'cancelled' && cancel_reason === 'processing_failed', `it is ${describeEnd(trial)}`)
  mustHaveRisen(trial)
  const reason = trial.seen.at(-1)?.reason ?? ''
  mustBe(reason.includes(dataset), `its reason does not name the dataset: ${reason}`)
  mustBeUnmoved(await settledPayment(guestOf(visit, 0).client, trial.order))
  return 'the money went back'
}

export async function sameRequestTwice(visit: Visit): Promise<string> {
  const { client, token } = guestOf(visit, 0)
  const headers = { 'Idempotency-Key': randomUUID() }
  const body = JSON.stringify(laterOrder(visit))
  const send = async (text: string) =>
    rawCall(visit.server, 'POST /user/order', { token: await token(), headers, body: text })
  const first = await send(body)
  mustBe(first.status === 202, `POST /user/order answered ${first.status} ${first.code}`)
  const { order } = JSON.parse(first.bytes.toString()).data as { order: Order }
  try {
    const second = await send(body)
    mustBe(second.status === 202, `the same once more was answered with ${second.status} ${second.code}`)
    mustBe(second.bytes.equals(first.bytes), 'the answer to the same once more differs from the first')
    mustBe(second.headers.get('idempotency-replayed') === 'true', 'Idempotency-Replayed is missing')
    const other = await send(JSON.stringify({ ...laterOrder(visit), items: [{ dataset: 'another' }] }))
    mustBe(
      other.status === 422 && other.code === 'IDEMPOTENCY_KEY_REUSED',
      `another body under the same key was answered with ${other.status} ${other.code}`,
    )
    const alike = (await client.orders.list({ state: 'created', limit: 100 }).take(100)).filter(
      ({ created_at, payment_mode }) => payment_mode === 'later' && created_at >= order.created_at,
    )
    mustBe(alike.length === 1, `${alike.length} orders came of one key`)
  } finally {
    await client.orders.cancel(order.id)
  }
  return 'one order, answers alike byte for byte'
}

/** So much later than the payment each cancel comes, by the time that an order took before: ahead of the confirmation, amid, and behind the delivery. */
const delays = [0, 1, 2, 4, 8, 16]
const tookMilliseconds = ({ order }: Trial) => Date.parse(order.updated_at) - Date.parse(order.created_at)
/** Where the first delivery took long, the races need not. */
const longestDelay = 5_000

export async function cancelAgainstConfirm(visit: Visit): Promise<string> {
  mustBePayable(visit)
  const { client } = guestOf(visit, 0)
  const scale = visit.delivered ? tookMilliseconds(visit.delivered) : 100
  const race = async (delay: number) => {
    const { order } = await client.orders.place(laterOrder(visit))
    const paid = client.payments.pay({ order_id: order.id, gateway: 'mock', token: 'tok_approve' }).catch(error => {
      if (!isWaybillError(error, 'ORDER_NOT_PAYABLE')) throw error
    })
    paid.catch(() => {})
    await pause(Math.min(delay * scale, longestDelay))
    const isCancelled = await client.orders.cancel(order.id).then(
      () => true,
      error => {
        if (isWaybillError(error, 'ORDER_NOT_CANCELLABLE')) return false
        throw error
      },
    )
    await paid
    for await (const _ of client.processes.watch(order.process_id)) visit.movedAt = performance.now()
    const ended = await client.orders.get(order.id)
    const due = isCancelled ? 'cancelled' : 'delivered'
    mustBe(
      ended.state === due,
      `the cancel was ${isCancelled ? 'taken' : 'refused'}, and ${order.id} is ${ended.state}`,
    )
    const payment = await settledPayment(client, ended)
    if (isCancelled) mustBeUnmoved(payment)
    else mustBeCaptured(payment)
    return isCancelled
  }
  const won = await Promise.all(delays.map(race))
  const cancelled = won.filter(Boolean).length
  return `${won.length} races: ${cancelled} cancelled, ${won.length - cancelled} delivered, no half`
}

export function mustBeCaptured(payment: Payment): void {
  const { order_id, state, amount, attempts } = payment
  mustBe(state === 'captured' || state === 'refunded', `the payment of delivered order ${order_id} is ${state}`)
  const captures = attempts.filter(it => it.operation === 'capture' && it.outcome === 'succeeded')
  mustBe(captures.length === 1, `the money of order ${order_id} was captured ${captures.length} times`)
  mustBe(
    captures[0]!.amount === amount,
    `${captures[0]!.amount} were captured of order ${order_id}, which costs ${amount}`,
  )
}

/** Nothing taken, nothing held. */
export function mustBeUnmoved({ order_id, state, attempts }: Payment): void {
  const taken = attempts.some(({ operation, outcome }) => operation === 'capture' && outcome === 'succeeded')
  mustBe(!taken, `money was captured for cancelled order ${order_id}`)
  mustBe(
    !['authorized', 'captured', 'unknown'].includes(state),
    `the payment of cancelled order ${order_id} is ${state}`,
  )
}

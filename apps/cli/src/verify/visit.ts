// What one verification knows of the deployment that it visits: who its guests are, what they ordered, and what was found out on the way.
import { setTimeout as pause } from 'node:timers/promises'
import type { Cloud, Dataset, NewOrder, Order, Payment, PlacedOrder, Process, Waybill } from '@waybill/sdk'
import { isWaybillError } from '@waybill/sdk'
import { LeftOut, Wrong } from './finding.ts'
import { type Guest, inviteGuest } from './guest.ts'

export interface Terms {
  /** LOCAL where it is enabled, else the first that is read at once, unless given. */
  cloud?: string
  /** The smallest that a guest finds, unless given. */
  dataset?: string
  /** Of the short load. */
  orders: number
  atOnce: number
  /** False where no order may be paid, not even through the mock gateway. */
  mayPay: boolean
  /** Seconds from the last order to the audit. */
  auditAfter: number
  callback?: { url: URL; port: number; host: string }
}

/** What was observed of an order from its placing to its end. */
export interface Trial {
  placed: PlacedOrder
  /** As the event stream told it, final one included. */
  seen: Process[]
  order: Order
}

export interface Figure {
  name: string
  milliseconds: number[]
}

export interface AuditFound {
  since: string
  until: string
  checked: number
  violations: number
}

export interface Visit {
  readonly server: string
  /** Marks what belongs to this verification. */
  readonly run: string
  readonly terms: Terms
  /** Told to whoever waits. */
  readonly note: (line: string) => void
  readonly operator: Waybill | undefined
  readonly guests: Guest[]
  readonly figures: Figure[]
  cloud?: Cloud
  datasets?: Dataset[]
  /** Why nothing can be paid for here; undefined until that was found out, null where it can. */
  whyUnpayable?: string | null
  /** The delivered order whose files are looked at. */
  delivered?: Trial
  audit?: AuditFound
  /** performance.now() of when an order of ours moved last, as far as we know. */
  movedAt: number
  readonly trials: Map<string, Promise<Trial>>
}

/** The first two guests: the one who orders, and a stranger to them. */
export function guestOf(visit: Visit, at: 0 | 1): Guest {
  const guest = visit.guests[at]
  if (!guest) throw new LeftOut('nobody could sign up')
  return guest
}

export async function invite(visit: Visit, name: string): Promise<Guest> {
  const guest = await inviteGuest(visit.server, visit.run, name)
  visit.guests.push(guest)
  return guest
}

/** A dataset that guests find in their cloud, the smallest first. */
export function datasetOf(visit: Visit, at = 0): Dataset {
  const chosen = visit.terms.dataset
  const sorted = (visit.datasets ?? []).toSorted((a, b) => rank(a) - rank(b) || a.bytes - b.bytes)
  const dataset = sorted[Math.min(at, sorted.length - 1)]
  if (dataset) return dataset
  throw new LeftOut(visit.cloud ? `a new user finds no dataset in ${visit.cloud.name}` : 'no cloud could be chosen')

  function rank({ name }: Dataset): number {
    return name === chosen ? 0 : 1
  }
}

export function operatorOf(visit: Visit): Waybill {
  if (visit.operator) return visit.operator
  throw new LeftOut('no operator: set WAYBILL_OPERATOR_EMAIL and WAYBILL_OPERATOR_PASSWORD')
}

/** Throws a LeftOut where the mock gateway cannot be used: no other gateway is ever asked. */
export function mustBePayable({ whyUnpayable }: Visit): void {
  if (whyUnpayable === undefined) throw new LeftOut('whether the mock gateway is there was not found out')
  if (whyUnpayable !== null) throw new LeftOut(whyUnpayable)
}

/** Orders are always to go through the mock gateway, by name: a deployment without it declines them. */
export const mockPayment = (token: string): NewOrder['payment'] => ({ gateway: 'mock', token })

/** Places an order of the first guest once for each name, and follows it to its end by the event stream. */
export function trialOf(visit: Visit, name: string, order: NewOrder): Promise<Trial> {
  const standing = visit.trials.get(name)
  if (standing) return standing
  const trial = follow(visit, order)
  // Whoever asks for it is told; it may be begun long before.
  trial.catch(() => {})
  visit.trials.set(name, trial)
  return trial
}

async function follow(visit: Visit, order: NewOrder): Promise<Trial> {
  const { client } = guestOf(visit, 0)
  const placed = await client.orders.place(order)
  const seen: Process[] = []
  const signal = AbortSignal.timeout(endsWithinMilliseconds)
  try {
    for await (const process of client.processes.watch(placed.process.process_id, { signal })) seen.push(process)
  } catch (error) {
    if (!signal.aborted) throw error
    const last = seen.at(-1)
    throw new Wrong(
      `order ${placed.order.id} did not end within ${endsWithinMilliseconds / 1_000} s: ${last?.step ?? 'no event came'}`,
    )
  }
  visit.movedAt = performance.now()
  return { placed, seen, order: await client.orders.get(placed.order.id) }
}

/** The contract gives what the mock gateway delays 30 s. */
const endsWithinMilliseconds = 45_000
const settlesWithinMilliseconds = 30_000
const onItsWay = (payment: Payment, order: Order) =>
  order.state === 'delivered' ? payment.state === 'authorized' : ['authorized', 'unknown'].includes(payment.state)

/** The payment of a final order, once the gateway has been told of the end: captured, voided, declined, or never begun. */
export async function settledPayment(client: Waybill, order: Order): Promise<Payment> {
  for (const until = performance.now() + settlesWithinMilliseconds; ; ) {
    const payment = await client.payments.ofOrder(order.id).catch(error => {
      if (isWaybillError(error, 'PAYMENT_NOT_FOUND')) return undefined
      throw error
    })
    if (payment && !onItsWay(payment, order)) return payment
    if (performance.now() > until) {
      const found = payment ? `is still ${payment.state}` : 'is not there'
      throw new Wrong(
        `the payment of order ${order.id}, ${order.state}, ${found} after ${settlesWithinMilliseconds / 1_000} s`,
      )
    }
    await pause(200)
  }
}

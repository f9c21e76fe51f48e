// What an explanation is made of: an order's own rows, and what the other services answer about it.
import type { ExportRecord, Payment, Process, WaitingMessage, WaitingRetry, WaitingWork } from '@waybill/contracts'
import type { Principal } from '@waybill/platform/auth'
import { rfc3339 } from '@waybill/platform/clock'
import type { CallbackAttemptRow, CallbackRow } from './callback.ts'
import type { OrderHistoryRow, OrderRow } from './order.ts'
import type { OrderWindows } from './order-window.ts'

/** What a service answered: its part, nothing yet, or that it is down. */
export type PeerPart<T> = T | 'none' | 'down'

/** Those whose events are about orders. */
export const servicesOfOrders = ['order', 'payment', 'data'] as const
export type ServiceOfOrders = (typeof servicesOfOrders)[number]
export type WorkOfServices = Record<ServiceOfOrders, PeerPart<WaitingWork>>

export interface OwnStory {
  order: OrderRow
  history: OrderHistoryRow[]
  process: Process
  callback: CallbackRow | undefined
  /** Newest first. */
  attempts: CallbackAttemptRow[]
}

export interface OrderStory extends OwnStory {
  payment: PeerPart<Payment>
  delivery: PeerPart<ExportRecord>
  work: WorkOfServices
  windows: OrderWindows
  caller: Principal
  /** Epoch ms. */
  now: number
}

export interface StoryMessage extends WaitingMessage {
  service: ServiceOfOrders
}

/** A fact is confirmed in a moment: what waits for less is on its way. */
const onItsWayMilliseconds = 3_000

export function known<T>(part: PeerPart<T>): T | undefined {
  return part === 'none' || part === 'down' ? undefined : part
}

/** What a service keeps of the order; one that cannot read it is as good as down. */
export function recordIn<T extends object>(work: PeerPart<WaitingWork>): PeerPart<T> {
  if (work === 'none' || work === 'down') return 'down'
  return work.record === undefined ? 'down' : ((work.record as T | null) ?? 'none')
}

/** The retry of a service's own work: each has one kind of it. */
export function retryOf(story: OrderStory, service: ServiceOfOrders): WaitingRetry | undefined {
  return known(story.work[service])?.retries[0]
}

/** When a retry is due; null where it is under way, or there is none. */
export function nextTryOf(story: OrderStory, service: ServiceOfOrders): string | null {
  const retry = retryOf(story, service)
  return retry && !retry.under_way ? retry.due_at : null
}

/** The messages that are stuck, the worst first. */
export function stuckMessages({ work, now }: Pick<OrderStory, 'work' | 'now'>): StoryMessage[] {
  const late = rfc3339(now - onItsWayMilliseconds)
  const all = servicesOfOrders.flatMap(service =>
    (known(work[service])?.messages ?? []).map(message => ({ ...message, service })),
  )
  const rank = { dead: 0, failing: 1, unsent: 2 }
  return all
    .filter(({ state, since }) => state !== 'unsent' || since <= late)
    .sort((a, b) => rank[a.state] - rank[b.state])
}

/** Where so many messages wait for the broker that not all could be looked at. */
export function crowdedServices({ work }: OrderStory): ServiceOfOrders[] {
  return servicesOfOrders.filter(service => known(work[service])?.may_have_more)
}

export function silentServices({ payment, delivery, work }: OrderStory): ServiceOfOrders[] {
  const isDown = { order: false, payment: payment === 'down', data: delivery === 'down' }
  return servicesOfOrders.filter(service => isDown[service] || work[service] === 'down')
}

/** `at <time>`, or `now` where it is due. */
export function whenDue(time: string | null, now: number): string {
  return time === null || Date.parse(time) <= now ? 'now' : `at ${time}`
}

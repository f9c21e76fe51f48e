// The last quarter of an hour, made of one answer after the other. Behind a load balancer each may be another process's:
// rates come only of two answers of the same one.
import type { ServiceName } from '@waybill/sdk'
import { services as serviceNames } from '../messages/service-filter.ts'
import { type Counters, type Counts, type Figures, quantile } from './figures.ts'

export const windowMilliseconds = 15 * 60_000
/** A process that has not answered for so long is not counted on. */
export const forgottenMilliseconds = 60_000
/** What was not looked at for so long, as the page was hidden, has no rate: it would be an average over what nobody saw. */
const gapMilliseconds = 30_000
/** The databases are asked by the server so often; two answers closer than this say nothing new. */
const shortestMilliseconds = 500

/** What happened in a second, in one process. */
export interface Rates extends Omit<Counters, 'latency'> {
  latency: ReadonlyMap<number, number>
}

export interface SeenProcess {
  id: string
  pid: string
  startedAt: number
  services: string[]
  answers: number
  answeredAt: number
  counters: Counters
  /** Undefined until it has answered twice. */
  rates: Rates | undefined
}

/** Undefined is not known, and is left out of the charts. */
export interface Point {
  /** Milliseconds since 1970. */
  at: number
  orders: number | undefined
  deliveries: number | undefined
  requests: number | undefined
  clientErrors: number | undefined
  serverErrors: number | undefined
  /** Milliseconds. */
  median: number | undefined
  slowest20th: number | undefined
  slowest100th: number | undefined
  waiting: number
  queued: number
  retried: number
  oldest: number
  dead: number
}

export interface History {
  processes: SeenProcess[]
  services: ReadonlyMap<string, Counts & { at: number }>
  points: Point[]
}

export const emptyHistory: History = { processes: [], services: new Map(), points: [] }

export function observe(before: History, figures: Figures, at: number): History {
  const processes = [
    ...before.processes.filter(({ id, answeredAt }) => id !== figures.id && at - answeredAt < windowMilliseconds),
    seen(
      before.processes.find(({ id }) => id === figures.id),
      figures,
      at,
    ),
  ].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))
  const services = new Map([
    ...before.services,
    ...[...figures.counts].map(([name, counts]) => [name, { ...counts, at }] as const),
  ])
  const points = before.points.filter(point => at - point.at < windowMilliseconds)
  return { processes, services, points: [...points, pointOf(processes, services, at)] }
}

function seen(before: SeenProcess | undefined, figures: Figures, at: number): SeenProcess {
  const { id, pid, startedAt, counters, counts } = figures
  const answers = (before?.answers ?? 0) + 1
  const known = { id, pid, startedAt, services: [...counts.keys()], answers }
  const elapsed = before ? at - before.answeredAt : 0
  if (before && elapsed < shortestMilliseconds) return { ...before, ...known }
  const rates =
    before && elapsed < gapMilliseconds ? ratesBetween(before.counters, counters, elapsed / 1_000) : undefined
  return { ...known, answeredAt: at, counters, rates }
}

/** Behind a balancer the next answer of one process may be long in coming: its rates stand until then. */
export const isCountedOn = ({ answeredAt }: SeenProcess, at: number): boolean => at - answeredAt < forgottenMilliseconds

/** Of all that there are; what waits and what is dead in these is in no chart. */
export function servicesNotHeardOf({ services, points }: History): ServiceName[] {
  const now = points.at(-1)?.at ?? 0
  return serviceNames.filter(name => {
    const heard = services.get(name)
    return heard === undefined || now - heard.at >= forgottenMilliseconds
  })
}

function ratesBetween(before: Counters, after: Counters, seconds: number): Rates {
  const rate = (name: Exclude<keyof Counters, 'latency'>) => Math.max(0, after[name] - before[name]) / seconds
  return {
    orders: rate('orders'),
    deliveries: rate('deliveries'),
    requests: rate('requests'),
    clientErrors: rate('clientErrors'),
    serverErrors: rate('serverErrors'),
    latency: new Map(
      [...after.latency].map(([bound, count]) => [bound, (count - (before.latency.get(bound) ?? 0)) / seconds]),
    ),
  }
}

function pointOf(processes: SeenProcess[], services: History['services'], at: number): Point {
  const rates = processes.filter(process => isCountedOn(process, at)).flatMap(({ rates }) => rates ?? [])
  const all = (name: Exclude<keyof Rates, 'latency'>) =>
    rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate[name], 0)
  const latency = added(rates.map(({ latency }) => latency))
  const milliseconds = (share: number) => {
    const seconds = quantile(latency, share)
    return seconds === undefined ? undefined : seconds * 1_000
  }
  const counts = [...services.values()].filter(count => at - count.at < forgottenMilliseconds)
  const total = (name: keyof Counts) => counts.reduce((sum, count) => sum + count[name], 0)
  return {
    at,
    orders: all('orders'),
    deliveries: all('deliveries'),
    requests: all('requests'),
    clientErrors: all('clientErrors'),
    serverErrors: all('serverErrors'),
    median: milliseconds(0.5),
    slowest20th: milliseconds(0.95),
    slowest100th: milliseconds(0.99),
    waiting: total('waiting'),
    queued: total('queued'),
    retried: total('retried'),
    oldest: Math.max(0, ...counts.map(({ oldest }) => oldest)),
    dead: total('dead'),
  }
}

function added(histograms: ReadonlyMap<number, number>[]): Map<number, number> {
  const sum = new Map<number, number>()
  for (const histogram of histograms) {
    for (const [bound, count] of histogram) sum.set(bound, (sum.get(bound) ?? 0) + count)
  }
  return sum
}

// What the live page makes of one answer of /metrics: counters that only grow in one process, and counts that come from the databases.
import type { MetricSample } from '@waybill/sdk'

export interface Counters {
  orders: number
  deliveries: number
  requests: number
  clientErrors: number
  serverErrors: number
  /** How many requests took at most so many seconds, by bound, smallest first; the last is infinite. */
  latency: ReadonlyMap<number, number>
}

export interface Counts {
  /** Events that the broker has not confirmed. */
  waiting: number
  /** Messages in the queue at the broker; 0 where it has none, as within one process, and where it does not say. */
  queued: number
  /** Messages that failed and are tried again. */
  retried: number
  /** Seconds. */
  oldest: number
  dead: number
}

export interface Figures {
  /** Which process answered, since its start; undefined where it does not say. */
  id: string
  pid: string
  /** Milliseconds since 1970. */
  startedAt: number
  counters: Counters
  /** Of each service that the process hosts; several processes of one service say the same. */
  counts: ReadonlyMap<string, Counts>
}

/** Not of a service: health, metrics, documents and the console itself, which would hide what users meet. */
const notServed = ['operations', 'console']
/** Held open on purpose, or as long as a file is large. */
const heldOpen = ['/process/:process_id', '/data', '/user/data']

export function figuresOf(samples: readonly MetricSample[]): Figures {
  const info = samples.find(({ name }) => name === 'waybill_process_info')
  const started = samples.find(({ name }) => name === 'waybill_process_start_time_seconds')?.value ?? 0
  return {
    id: info?.labels.id ?? String(started),
    pid: info?.labels.pid ?? 'unknown',
    startedAt: started * 1_000,
    counters: countersIn(samples),
    counts: countsIn(samples),
  }
}

function countersIn(samples: readonly MetricSample[]): Counters {
  const published = (type: string) =>
    sum(samples, ({ name, labels }) => name === 'waybill_events_published_total' && labels.type === type)
  const answered = (status: RegExp) =>
    sum(
      samples,
      ({ name, labels }) =>
        name === 'waybill_http_request_duration_seconds_count' &&
        !notServed.includes(labels.service ?? '') &&
        status.test(labels.status ?? ''),
    )
  return {
    orders: published('order.created'),
    deliveries: published('order.delivered'),
    requests: answered(/./),
    clientErrors: answered(/^4/),
    serverErrors: answered(/^5/),
    latency: latencyIn(samples),
  }
}

function latencyIn(samples: readonly MetricSample[]): Map<number, number> {
  const buckets = new Map<number, number>()
  for (const { name, labels, value } of samples) {
    const isCounted =
      name === 'waybill_http_request_duration_seconds_bucket' &&
      !notServed.includes(labels.service ?? '') &&
      !heldOpen.includes(labels.route ?? '')
    if (!isCounted) continue
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)
    buckets.set(bound, (buckets.get(bound) ?? 0) + value)
  }
  return new Map([...buckets].sort(([a], [b]) => a - b))
}

function countsIn(samples: readonly MetricSample[]): Map<string, Counts> {
  const names = {
    waybill_outbox_waiting: 'waiting',
    waybill_broker_queue_messages: 'queued',
    waybill_messages_retried: 'retried',
    waybill_outbox_oldest_seconds: 'oldest',
    waybill_dead_letters: 'dead',
  } as const satisfies Record<string, keyof Counts>
  const counts = new Map<string, Counts>()
  for (const { name, labels, value } of samples) {
    const count = names[name as keyof typeof names]
    if (!count || labels.service === undefined) continue
    const before = counts.get(labels.service) ?? { waiting: 0, queued: 0, retried: 0, oldest: 0, dead: 0 }
    counts.set(labels.service, { ...before, [count]: value })
  }
  return counts
}

function sum(samples: readonly MetricSample[], isMeant: (sample: MetricSample) => boolean): number {
  return samples.reduce((total, sample) => (isMeant(sample) ? total + sample.value : total), 0)
}

/**
 * The time, in seconds, that so large a `share` of the requests took at most: the bucket that holds it, and within the bucket as
 * if they lay evenly, as Prometheus' histogram_quantile has it. Undefined without requests.
 */
export function quantile(latency: ReadonlyMap<number, number>, share: number): number | undefined {
  const bounds = [...latency]
  const total = bounds.at(-1)?.[1] ?? 0
  if (total <= 0) return undefined
  const at = bounds.findIndex(([, count]) => count >= share * total)
  const [bound, count] = bounds[at]!
  const [lower, below] = bounds[at - 1] ?? [0, 0]
  if (bound === Number.POSITIVE_INFINITY) return lower
  return lower + ((bound - lower) * (share * total - below)) / Math.max(count - below, Number.EPSILON)
}

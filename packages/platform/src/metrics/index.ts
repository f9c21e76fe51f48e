// What Prometheus reads: one registry a process, counters and gauges that the plumbing keeps.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { collectProcessGauges } from './process-gauges.ts'

export interface HttpMetrics {
  /** A request has come in; `observe` ends it. */
  begin(): void
  observe(labels: { service: string; method: string; route: string; status: number }, seconds: number): void
}

export interface PublishedEvent {
  /** Whose fact it is. */
  service: string
  type: string
}

export interface GaugeValue {
  labels: Record<string, string>
  value: number
}

export interface Metrics {
  readonly registry: Registry
  readonly http: HttpMetrics
  /** The broker has confirmed an event. */
  published(event: PublishedEvent): void
  /**
   * A gauge that is read when Prometheus asks. One whose reading fails, or takes too long, is left out of that answer: what
   * is down must not hide everything else. `labels`: the names that its values may carry.
   */
  gauge(name: string, help: string, read: () => Promise<GaugeValue[]>, labels?: string[]): void
  counter<L extends string>(name: string, help: string, labels: L[]): (of: Record<L, string>) => void
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** Less than Prometheus waits for the whole answer (10 s, by default). */
const readWithinMilliseconds = 2_000

export function createMetrics(): Metrics {
  const registry = new Registry()
  for (const metric of metricsOfNode().getMetricsAsArray()) registry.registerMetric(metric as never)
  collectProcessGauges(registry)
  const requests = new Histogram({
    name: 'waybill_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['service', 'method', 'route', 'status'] as const,
    buckets,
    registers: [registry],
  })
  const inFlight = new Gauge({
    name: 'waybill_http_requests_in_flight',
    help: 'Requests that have come in and are not answered yet, streams and long polls among them',
    registers: [registry],
  })
  const published = new Counter({
    name: 'waybill_events_published_total',
    help: 'Events that the broker has confirmed to this process; one that came of a crash may count twice',
    labelNames: ['service', 'type'] as const,
    registers: [registry],
  })
  const unread = new Counter({
    name: 'waybill_gauges_unread_total',
    help: 'Gauges that could not be read when they were asked for',
    labelNames: ['gauge'],
    registers: [registry],
  })
  return {
    registry,
    http: {
      begin: () => inFlight.inc(),
      observe(labels, seconds) {
        inFlight.dec()
        requests.observe({ ...labels, status: String(labels.status) }, seconds)
      },
    },
    published: ({ service, type }) => published.inc({ service, type }),
    gauge(name, help, read, labels = ['service', 'state']) {
      new Gauge({
        name,
        help,
        labelNames: labels,
        registers: [registry],
        async collect() {
          const values = await inTime(read).catch(() => {
            unread.inc({ gauge: name })
            return []
          })
          // In one go: two who ask at once each get all of it.
          this.reset()
          for (const { labels: of, value } of values) this.set(of, value)
        },
      })
    },
    counter(name, help, labelNames) {
      const counter = new Counter({ name, help, labelNames, registers: [registry] })
      return of => counter.inc(of)
    },
  }
}

let ofNode: Registry | undefined

/** Once a process: they are kept by observers that nobody can take down, whoever comes and goes in it. */
function metricsOfNode(): Registry {
  if (!ofNode) {
    ofNode = new Registry()
    collectDefaultMetrics({ register: ofNode, prefix: 'waybill_' })
  }
  return ofNode
}

/**
 * Answers what `read` gave within the last `milliseconds`, and one reading to all who ask at once: however often and from
 * wherever metrics are read, what they cost a database stays the same. A failure is not remembered.
 */
export function rememberFor<T>(milliseconds: number, read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined
  let goodUntil = 0
  return () => {
    if (reading && performance.now() < goodUntil) return reading
    goodUntil = Number.POSITIVE_INFINITY
    reading = read().then(
      value => {
        goodUntil = performance.now() + milliseconds
        return value
      },
      error => {
        goodUntil = 0
        throw error
      },
    )
    return reading
  }
}

async function inTime<T>(read: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('not read in time')), readWithinMilliseconds)
  })
  try {
    return await Promise.race([read(), tooLate])
  } finally {
    clearTimeout(timer)
  }
}

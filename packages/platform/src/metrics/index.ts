// What Prometheus reads: one registry a process, counters and gauges that the plumbing keeps.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export interface HttpMetrics {
  observe(labels: { service: string; method: string; route: string; status: number }, seconds: number): void
}

export interface Metrics {
  readonly registry: Registry
  readonly http: HttpMetrics
  /** A gauge that is read when Prometheus asks. */
  gauge(name: string, help: string, read: () => Promise<{ labels: Record<string, string>; value: number }[]>): void
  counter<L extends string>(name: string, help: string, labels: L[]): (of: Record<L, string>) => void
}

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'waybill_' })
  const requests = new Histogram({
    name: 'waybill_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['service', 'method', 'route', 'status'] as const,
    buckets,
    registers: [registry],
  })
  return {
    registry,
    http: { observe: (labels, seconds) => requests.observe({ ...labels, status: String(labels.status) }, seconds) },
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        labelNames: ['service', 'state'],
        registers: [registry],
        async collect() {
          this.reset()
          for (const { labels, value } of await read()) this.set(labels, value)
        },
      })
    },
    counter(name, help, labelNames) {
      const counter = new Counter({ name, help, labelNames, registers: [registry] })
      return of => counter.inc(of)
    },
  }
}

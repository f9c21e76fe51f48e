// Which process this is, and how near it is to its limits: the event loop's share of time, and memory beside what there may be of it.
import { randomBytes } from 'node:crypto'
import { totalmem } from 'node:os'
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { Gauge, type Registry } from 'prom-client'

/** Between two readings closer than this the earlier one stands: several who ask at once must not share out one moment. */
const sampleMilliseconds = 1_000

export function collectProcessGauges(registry: Registry): void {
  // Behind a load balancer each answer may be another process's: whoever counts must know whose counters these are.
  new Gauge({
    name: 'waybill_process_info',
    help: 'Always 1; its labels tell this process, since its start, from all others',
    labelNames: ['id', 'pid'],
    registers: [registry],
  }).set({ id: randomBytes(6).toString('hex'), pid: String(process.pid) }, 1)
  const eventLoop = eventLoopUtilization()
  new Gauge({
    name: 'waybill_nodejs_eventloop_utilization',
    help: 'Share of time that the event loop was busy since it was last asked for, 0 to 1',
    registers: [registry],
    collect() {
      this.set(eventLoop())
    },
  })
  new Gauge({
    name: 'waybill_nodejs_heap_limit_bytes',
    help: 'How large the heap of JavaScript may grow before the process ends',
    registers: [registry],
    collect() {
      this.set(getHeapStatistics().heap_size_limit)
    },
  })
  new Gauge({
    name: 'waybill_process_memory_limit_bytes',
    help: 'Memory that the container, or else the machine, has',
    registers: [registry],
    collect() {
      // No limit is 0 or a number beyond all memory.
      this.set(Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()))
    },
  })
}

function eventLoopUtilization(): () => number {
  let since = performance.eventLoopUtilization()
  let sampledAt = performance.now()
  let latest = 0
  return () => {
    if (performance.now() - sampledAt >= sampleMilliseconds) {
      const now = performance.eventLoopUtilization()
      latest = performance.eventLoopUtilization(now, since).utilization
      since = now
      sampledAt = performance.now()
    }
    return latest
  }
}

// The load generator's own process: does the workloads that its parent sends, one after the other.
import { deliverOrders } from './deliver-orders.ts'
import { followOrders } from './follow-orders.ts'
import { placeOrders } from './place-orders.ts'
import { readPaths, readSteadily } from './read-paths.ts'
import type { Gathered, LoadResult, PlacedOrder, Workload } from './workload.ts'

export type Order = { do: Workload } | { finish: true }

let running: AbortController | undefined

process.on('message', (order: Order) => {
  if ('finish' in order) running?.abort()
  else void measure(order.do).then(result => process.send!(result))
})
process.on('disconnect', () => process.exit())

async function measure(workload: Workload): Promise<LoadResult> {
  running = new AbortController()
  const cpu = process.cpuUsage()
  let startedAt = performance.now()
  const latencies: number[] = []
  const placed: PlacedOrder[] = []
  const begin = () => {
    startedAt = performance.now()
  }
  const gathered: Gathered = { latencies, placed, begin }
  const failure = await run(workload, gathered, running.signal).then(
    () => null,
    error => String(error instanceof Error ? error.message : error),
  )
  const seconds = (performance.now() - startedAt) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const ownCpuShare = (user + system) / 1e6 / seconds
  return { latencies, placed, done: latencies.length, seconds, failure, ownCpuShare }
}

function run(workload: Workload, gathered: Gathered, signal: AbortSignal): Promise<void> {
  switch (workload.kind) {
    case 'place-orders':
      return placeOrders(workload, gathered, signal)
    case 'deliver-orders':
      return deliverOrders(workload, gathered, signal)
    case 'follow-orders':
      return followOrders(workload, gathered, signal)
    case 'read':
      return readPaths(workload, gathered, signal)
    case 'read-steadily':
      return readSteadily(workload, gathered, signal)
  }
}

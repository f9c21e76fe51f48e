// What the brokers that lie across the network count, under the same names.
import type { Metrics } from '../metrics/index.ts'

export type MessageOutcome = 'published' | 'confirmed' | 'returned' | 'failed' | 'consumed' | 'redelivered'
export type CountMessage = (outcome: MessageOutcome) => void

export interface BrokerReading {
  isConnected: () => boolean
  unacknowledged: () => number
}

/** Counts nothing where there are no metrics. */
export function addBrokerMetrics(
  metrics: Metrics | undefined,
  { isConnected, unacknowledged }: BrokerReading,
): CountMessage {
  if (!metrics) return () => {}
  metrics.gauge('waybill_broker_connected', '1 while the broker is connected', async () => [
    { labels: {}, value: isConnected() ? 1 : 0 },
  ])
  metrics.gauge(
    'waybill_broker_unacknowledged',
    'Messages that this process holds and has not acknowledged',
    async () => [{ labels: {}, value: unacknowledged() }],
  )
  const count = metrics.counter('waybill_broker_messages_total', 'Messages by what became of them', ['outcome'])
  return outcome => count({ outcome })
}

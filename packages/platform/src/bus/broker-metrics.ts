// What the brokers that lie across the network count, under the same names.
import { type GaugeValue, type Metrics, rememberFor } from '../metrics/index.ts'

export type MessageOutcome = 'published' | 'confirmed' | 'returned' | 'failed' | 'consumed' | 'redelivered'

export type CountMessage = (outcome: MessageOutcome) => void

/** However many read the metrics, the broker is asked for its queues so often at most. */
const rememberedMilliseconds = 2_000

export interface BrokerReading {
  isConnected: () => boolean
  unacknowledged: () => number
  /** Of the services that this process hosts; of none while the broker is away. */
  queued: () => Promise<GaugeValue[]>
}

/** Counts nothing where there are no metrics. */
export function addBrokerMetrics(
  metrics: Metrics | undefined,
  { isConnected, unacknowledged, queued }: BrokerReading,
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
  metrics.gauge(
    'waybill_broker_queue_messages',
    'Messages that wait in the queue of a service, in the hands of none of its instances',
    rememberFor(rememberedMilliseconds, queued),
  )
  const count = metrics.counter('waybill_broker_messages_total', 'Messages by what became of them', ['outcome'])
  return outcome => count({ outcome })
}

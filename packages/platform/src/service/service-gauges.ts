// What the metrics say of each service: events that wait or are dead, connections to its database, work that is late, messages that come again.
import { type GaugeValue, type Metrics, rememberFor } from '../metrics/index.ts'
import type { Service } from './service.ts'

const rememberedMilliseconds = 2_000

export function addServiceGauges(metrics: Metrics, services: Service[]): void {
  /** One reading of each service serves all gauges that are made of it. */
  const ofEach = <R>(read: (service: Service) => Promise<R>) =>
    services.map(service => ({ service, read: rememberFor(rememberedMilliseconds, () => read(service)) }))
  type Readings<R> = { service: Service; read: () => Promise<R> }[]
  const perService =
    <R>(readings: Readings<R>, numberIn: (value: R) => number) =>
    () =>
      Promise.all(
        readings.map(async ({ service, read }) => ({
          labels: { service: service.name },
          value: numberIn(await read()),
        })),
      )

  const backlogs = ofEach(({ store }) => store.outbox.backlog())
  metrics.gauge(
    'waybill_outbox_waiting',
    'Events that the broker has not confirmed',
    perService(backlogs, ({ waiting }) => waiting),
  )
  metrics.gauge(
    'waybill_outbox_oldest_seconds',
    'Age of the oldest event that the broker has not confirmed',
    perService(backlogs, ({ oldest }) => oldest / 1_000),
  )
  metrics.gauge(
    'waybill_dead_letters',
    'Messages that wait for a person',
    perService(
      ofEach(({ store }) => store.consumer.countDead()),
      count => count,
    ),
  )
  metrics.gauge(
    'waybill_messages_retried',
    'Messages that could not be handled and are tried again',
    perService(
      ofEach(({ store }) => store.consumer.countWaiting()),
      count => count,
    ),
  )

  metrics.gauge(
    'waybill_database_connections',
    'Connections to a database by state: size (how many there may be), in_use, waiting (callers without one)',
    async () => services.flatMap(connectionsOf),
  )
  const late = ofEach(lateWorkOf)
  metrics.gauge(
    'waybill_timers_late_seconds',
    'For how long the oldest work of a kind has been due without anybody having begun it',
    async () => (await Promise.all(late.map(({ read }) => read()))).flat(),
    ['service', 'kind'],
  )
}

function connectionsOf({ name, store }: Service): GaugeValue[] {
  const { size, inUse, waiting } = store.database.pool()
  const states = Object.entries({ size, in_use: inUse, waiting })
  return states.map(([state, value]) => ({ labels: { service: name, state }, value }))
}

async function lateWorkOf({ name, store }: Service): Promise<GaugeValue[]> {
  const late = await store.timers.late()
  return late.map(({ kind, late: milliseconds }) => ({ labels: { service: name, kind }, value: milliseconds / 1_000 }))
}

// Facts that are true already and that the broker has not taken yet, each with how long it has been waiting.
import { Anchor, Stack, Text } from '@mantine/core'
import type { WaitingEvent } from '@waybill/sdk'
import { Link } from 'react-router'
import { formatDuration, formatMoment } from '../../amounts.ts'
import { Empty } from '../../answers/empty.tsx'
import { type Column, DataTable } from '../../lists/data-table.tsx'
import { GrowingList, useList } from '../../lists/growing-list.tsx'
import { StateFilter, useFilter } from '../../lists/state-filter.tsx'
import { StateBadge } from '../../orders/order-words.tsx'
import { Screen } from '../../shell/screen.tsx'
import { waybill } from '../../waybill.ts'
import { serviceOptions, services } from './service-filter.ts'

const betweenLooks = 3_000
/** An event is on its way for a moment; one that is older than this waits for something that is down. */
const oldSeconds = 60

const columns: Column<WaitingEvent>[] = [
  {
    header: 'Event',
    cell: ({ event_type, subject, created_at, service }) => (
      <Stack gap={0}>
        <Text size="sm" fw={600}>
          {event_type}
        </Text>
        <Text size="xs" c="dimmed" hiddenFrom="xs">
          of {service}
        </Text>
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {formatMoment(created_at)} · <Subject eventType={event_type} subject={subject} />
        </Text>
      </Stack>
    ),
  },
  { header: 'Service', wideOnly: true, cell: ({ service }) => service },
  {
    header: 'Waiting for',
    align: 'right',
    cell: ({ age_seconds }) =>
      age_seconds > oldSeconds ? (
        <StateBadge look={{ label: formatDuration(age_seconds), color: 'red' }} />
      ) : (
        formatDuration(age_seconds)
      ),
  },
]

/** What an event is about: one of users a user or a session, every other an order. */
export function Subject({ eventType, subject }: { eventType: string; subject: string }) {
  if (/^(user|session)\./.test(eventType)) return <>about {subject}</>
  return (
    <>
      about{' '}
      <Anchor component={Link} to={`/orders/${subject}`} underline="always" title={subject}>
        order {subject.slice(-6)}
      </Anchor>
    </>
  )
}

export function OutboxScreen() {
  const service = useFilter('service', services)
  const events = useList({
    queryKey: ['outbox', service],
    read: page => waybill.desk.outbox({ ...page, service }),
    refetchInterval: betweenLooks,
  })
  return (
    <Screen
      title="Outbox"
      lead="Events that the broker has not confirmed yet, of the services that the answering process runs. They go out by themselves; an old one means that the broker, or who listens, is down."
    >
      <StateFilter label="Service" name="service" all="All services" options={serviceOptions} />
      <GrowingList
        query={events}
        what="events"
        empty={
          <Empty title="Nothing waits">Every event is with the broker. This page looks again every few seconds.</Empty>
        }
      >
        {rows => <DataTable label="Waiting events" columns={columns} rows={rows} keyOf={({ event_id }) => event_id} />}
      </GrowingList>
    </Screen>
  )
}

// Where an order is and why, what happens next, and all that happened so far, from all services.
import { Alert, Stack, Text, Timeline } from '@mantine/core'
import type { Explanation, Order, Payment } from '@waybill/sdk'
import { formatTime } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { sentence } from '../answers/sentence.ts'
import { Panel } from '../shell/panel.tsx'
import { useStory } from './order-queries.ts'

export interface OrderStoryProps {
  order: Order
  payment: Payment | null | undefined
}

export function OrderStory({ order, payment }: OrderStoryProps) {
  const story = useStory(order, payment)
  return (
    <Panel title="What happened">
      <Answer query={story} what="the story of the order">
        {({ summary, next, entries }) => (
          <Stack>
            <Alert color={order.state === 'cancelled' ? 'gray' : 'indigo'} role="status">
              <Text fw={600}>{sentence(summary)}</Text>
              <Text size="sm">{sentence(next)}</Text>
            </Alert>
            <Entries entries={entries} />
          </Stack>
        )}
      </Answer>
    </Panel>
  )
}

function Entries({ entries }: Pick<Explanation, 'entries'>) {
  return (
    <Timeline active={entries.length} bulletSize={14} lineWidth={2} aria-label="Story of the order">
      {entries.map(({ at, service, kind, text }, index) => (
        // Two things of one kind may happen in one millisecond; their place in the story tells them apart.
        // biome-ignore lint/suspicious/noArrayIndexKey: entries are only ever added
        <Timeline.Item key={`${at} ${kind} ${index}`} title={<Text size="sm">{sentence(text)}</Text>}>
          <Text size="xs" c="dimmed">
            {formatTime(at)} · {service}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  )
}

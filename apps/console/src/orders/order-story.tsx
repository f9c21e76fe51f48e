// Where an order is and why, what happens next, and all that happened so far, from all services.
import { Alert, Text, Timeline } from '@mantine/core'
import type { Explanation, Order, Payment } from '@waybill/sdk'
import { formatMoment } from '../amounts.ts'
import { Answer } from '../answers/answer.tsx'
import { plainly } from '../answers/plainly.ts'
import { sentence } from '../answers/sentence.ts'
import { Panel } from '../shell/panel.tsx'
import { useStory } from './order-queries.ts'
import classes from './order-story.module.css'

export interface OrderStoryProps {
  order: Order
  payment: Payment | null | undefined
}

/** In two sentences: where the order is, and what happens next. */
export function OrderSummary({ order, payment }: OrderStoryProps) {
  const story = useStory(order, payment)
  return (
    <Answer query={story} what="where the order is">
      {({ summary, next }) => (
        <Alert color={order.state === 'cancelled' ? 'gray' : 'indigo'} role="status">
          <Text fw={600}>{sentence(plainly(summary))}</Text>
          <Text size="sm">{sentence(`what happens next: ${plainly(next)}`)}</Text>
        </Alert>
      )}
    </Answer>
  )
}

/** All that happened, oldest first. */
export function OrderStory({ order, payment }: OrderStoryProps) {
  const { data } = useStory(order, payment)
  // What is wrong with it, the summary says.
  if (!data) return null
  return (
    <Panel title="What happened">
      <Entries entries={data.entries} order={order} />
    </Panel>
  )
}

function Entries({ entries, order }: Pick<Explanation, 'entries'> & { order: Order }) {
  /** A dataset that a text begins with keeps its name. */
  const beginsWithName = (text: string) => order.items.some(({ dataset }) => text.startsWith(`${dataset} `))
  return (
    <Timeline
      active={entries.length}
      bulletSize={14}
      lineWidth={2}
      classNames={{ item: classes.entry }}
      aria-label="Story of the order"
    >
      {entries.map(({ at, service, text }) => (
        <Timeline.Item
          key={`${at} ${service} ${text}`}
          title={<Text size="sm">{beginsWithName(text) ? text : sentence(plainly(text))}</Text>}
        >
          <Text size="xs" c="dimmed">
            {formatMoment(at)} · {service}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  )
}

// All that happened to an order, as a timeline: a part for each time that a service took over, and how each step came out.
import { Badge, Box, Button, Code, Group, Progress, Text, VisuallyHidden } from '@mantine/core'
import type { Explanation, Order, StepOutcome, StoryEntry } from '@waybill/sdk'
import { useState } from 'react'
import { formatBytes, formatCount, formatDuration, formatMoment } from '../amounts.ts'
import { Icon, type IconName } from '../shell/icon.tsx'
import { Panel } from '../shell/panel.tsx'
import { DueSentence } from './countdown.tsx'
import { useTelling } from './order-queries.ts'
import classes from './order-story.module.css'
import { serviceWords } from './order-words.tsx'

export interface OrderStoryProps {
  order: Order
  explanation: Explanation | undefined
}

const looks: Record<StepOutcome, { icon: IconName; word: string; color: string }> = {
  done: { icon: 'check', word: 'Done', color: 'green' },
  failed: { icon: 'cross', word: 'Failed', color: 'red' },
  waiting: { icon: 'clock', word: 'Waiting', color: 'orange' },
  running: { icon: 'running', word: 'Under way', color: 'indigo' },
}

const serviceIcons: Record<string, IconName> = { order: 'parcel', payment: 'card', data: 'table', user: 'person' }

/** Oldest first; nothing while it is not known yet, which the head of the page says. */
export function OrderStory({ order, explanation }: OrderStoryProps) {
  const [inDetail, setInDetail] = useState(false)
  if (!explanation) return null
  // How far the export is stands above.
  const entries = explanation.entries.filter(({ kind }) => kind !== 'process.progressed')
  return (
    <Panel
      title="What happened"
      actions={
        <Button size="compact-sm" variant="subtle" aria-pressed={inDetail} onClick={() => setInDetail(!inDetail)}>
          Times and requests
        </Button>
      }
    >
      <ol className={classes.parts} aria-label="Story of the order">
        {partsOf(entries).map(({ service, steps }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no name, and come at the end
          <li key={at} className={classes.part}>
            <Group gap={8} wrap="nowrap" className={classes.service}>
              <Icon name={serviceIcons[service] ?? 'gear'} size={16} />
              <Text size="sm" fw={600} span>
                {serviceWords[service] ?? service}
              </Text>
            </Group>
            <ol className={classes.steps}>
              {steps.map((entry, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a step stays where it stands while it changes
                <Step key={at} entry={entry} order={order} inDetail={inDetail} />
              ))}
            </ol>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function partsOf(entries: StoryEntry[]): { service: string; steps: StoryEntry[] }[] {
  const parts: { service: string; steps: StoryEntry[] }[] = []
  for (const entry of entries) {
    const last = parts.at(-1)
    if (last?.service === entry.service) last.steps.push(entry)
    else parts.push({ service: entry.service, steps: [entry] })
  }
  return parts
}

interface StepProps {
  entry: StoryEntry
  order: Order
  /** With the moment, and the request that those who run the server find it by. */
  inDetail: boolean
}

function Step({ entry, order, inDetail }: StepProps) {
  const { at, outcome, attempt, next_attempt_at, percentage, request_id } = entry
  const text = useTelling(order)(entry.text)
  const { icon, word, color } = looks[outcome]
  const isOpen = outcome === 'running' || outcome === 'waiting'
  return (
    <Box component="li" className={classes.step} style={{ '--look': `var(--mantine-color-${color}-filled)` }}>
      <span className={classes.bullet} title={word} data-outcome={outcome}>
        <Icon name={icon} size={13} />
        <VisuallyHidden>{word}: </VisuallyHidden>
      </span>
      <div className={classes.told}>
        <Text size="sm" component="div">
          {beginsWithName(text, order) ? wordsOf(text) : <DueSentence text={text} due={next_attempt_at} />}
          {attempt !== null && isWorthTelling(entry) && (
            <Badge variant="default" size="sm" tt="none" ml={8}>
              Attempt {attempt}
            </Badge>
          )}
        </Text>
        {inDetail && (
          <Text size="xs" c="dimmed" mt={2}>
            {formatMoment(at)}
            {request_id && (
              <>
                , request <Code>{request_id}</Code>
              </>
            )}
          </Text>
        )}
        {percentage !== null && isOpen && (
          <Progress value={percentage} size="sm" mt={4} animated={outcome === 'running'} aria-label={text} />
        )}
      </div>
      <time className={classes.time} dateTime={at} title={formatMoment(at)}>
        <span aria-hidden>{sinceOrdered(at, order)}</span>
        <VisuallyHidden>{formatMoment(at)}</VisuallyHidden>
      </time>
    </Box>
  )
}

/** A dataset that a text begins with keeps its name. */
const beginsWithName = (text: string, { items }: Order) => items.some(({ dataset }) => text.startsWith(`${dataset} `))

/** A first attempt that succeeded is like a step that is made once; and many a text says already which one it was. */
function isWorthTelling({ attempt, outcome, text }: StoryEntry): boolean {
  const isFirst = attempt === 1 && outcome === 'done'
  return !isFirst && !new RegExp(`\\b(attempt|callback) ${attempt}\\b`).test(text)
}

/** Amounts as people read them; how much of a file is there stands beside it, and all of it goes without saying. */
function wordsOf(text: string): string {
  return text.replace(
    /(\d+) records, (\d+) bytes, \d+ %$/,
    (_, records, bytes) => `${formatCount(Number(records), 'record')}, ${formatBytes(Number(bytes))}`,
  )
}

const tenth = 0.1

/** "+1.9 s" after it was ordered. */
function sinceOrdered(at: string, { created_at }: Order): string {
  const seconds = Math.max(0, (Date.parse(at) - Date.parse(created_at)) / 1_000)
  if (seconds < tenth) return `+${Math.round(seconds * 1_000)} ms`
  return seconds < 10 ? `+${seconds.toFixed(1)} s` : `+${formatDuration(seconds)}`
}

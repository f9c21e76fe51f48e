// Which charts the live page has: what each is made of, and how its numbers are written.
import { formatDuration } from '../../amounts.ts'
import type { Point } from './history.ts'

export interface Series {
  name: Exclude<keyof Point, 'at'>
  label: string
  color: string
}

export interface LiveChart {
  title: string
  /** What the numbers mean, in a sentence. */
  note: string
  series: Series[]
  format: (value: number) => string
  /** There is nothing between one and two. */
  isWhole?: boolean
}

const perSecond = (value: number) => `${value.toLocaleString('en', { maximumSignificantDigits: 3 })}/s`
const count = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 0 })
const milliseconds = (value: number) =>
  value >= 1_000
    ? `${(value / 1_000).toLocaleString('en', { maximumSignificantDigits: 3 })} s`
    : `${value.toLocaleString('en', { maximumSignificantDigits: 2 })} ms`

const seconds = (value: number) =>
  value < 10 ? `${value.toLocaleString('en', { maximumFractionDigits: 1 })} s` : formatDuration(value)

export const liveCharts: LiveChart[] = [
  {
    title: 'Orders and deliveries',
    note: 'A second: orders that were placed, and orders that were delivered.',
    series: [
      { name: 'orders', label: 'Orders', color: 'indigo.6' },
      { name: 'deliveries', label: 'Deliveries', color: 'teal.6' },
    ],
    format: perSecond,
  },
  {
    title: 'Latency',
    note: 'How long requests took, without those that are held open, and without files.',
    series: [
      { name: 'median', label: 'Half within', color: 'teal.6' },
      { name: 'slowest20th', label: '95 of 100 within', color: 'indigo.6' },
      { name: 'slowest100th', label: '99 of 100 within', color: 'orange.6' },
    ],
    format: milliseconds,
  },
  {
    title: 'Requests and errors',
    note: 'A second: answered requests; refused ones (4xx), which are the callers’; failed ones (5xx), which are ours.',
    series: [
      { name: 'requests', label: 'Requests', color: 'indigo.6' },
      { name: 'clientErrors', label: '4xx', color: 'orange.6' },
      { name: 'serverErrors', label: '5xx', color: 'red.6' },
    ],
    format: perSecond,
  },
  {
    title: 'Messages waiting',
    note: 'Events that the broker has not confirmed yet; messages in the queues of RabbitMQ or SQS, in nobody’s hands; messages that failed and are tried again.',
    series: [
      { name: 'waiting', label: 'In outboxes', color: 'indigo.6' },
      { name: 'queued', label: 'In queues', color: 'teal.6' },
      { name: 'retried', label: 'Tried again', color: 'orange.6' },
    ],
    format: count,
    isWhole: true,
  },
  {
    title: 'Age of the oldest event',
    note: 'How long the oldest event in an outbox has been waiting. More than a minute is too long.',
    series: [{ name: 'oldest', label: 'Oldest', color: 'indigo.6' }],
    format: seconds,
  },
  {
    title: 'Dead letters',
    note: 'Messages that were given up, and wait for a person.',
    series: [{ name: 'dead', label: 'Dead letters', color: 'red.6' }],
    format: count,
    isWhole: true,
  },
]

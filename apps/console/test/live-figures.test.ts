// What the live page makes of the answers of one process, of several behind a load balancer, and of one that was started anew.
import type { MetricSample } from '@waybill/sdk'
import { expect, test } from 'vitest'
import { figuresOf, quantile } from '../src/operations/live/figures.ts'
import { emptyHistory, type History, observe, servicesNotHeardOf } from '../src/operations/live/history.ts'

interface Said {
  id?: string
  orders?: number
  services?: string[]
  waiting?: number
  queued?: number
  requests?: Record<string, number>
  latency?: Record<string, number>
}

function figures({
  id = 'a',
  orders = 0,
  services = ['order'],
  waiting = 0,
  queued = 0,
  requests = {},
  latency = {},
}: Said) {
  const sample = (name: string, value: number, labels: Record<string, string> = {}): MetricSample => ({
    name: `waybill_${name}`,
    labels,
    value,
  })
  const of = { service: 'order', method: 'GET', route: '/orders' }
  return figuresOf([
    sample('process_info', 1, { id, pid: '7' }),
    sample('process_start_time_seconds', 1_000),
    sample('events_published_total', orders, { service: 'order', type: 'order.created' }),
    ...services.map(service => sample('outbox_waiting', waiting, { service })),
    ...services.map(service => sample('broker_queue_messages', queued, { service })),
    ...Object.entries(requests).map(([status, n]) =>
      sample('http_request_duration_seconds_count', n, { ...of, status }),
    ),
    ...Object.entries(latency).map(([le, n]) => sample('http_request_duration_seconds_bucket', n, { ...of, le })),
  ])
}

const after = (...answers: [at: number, said: Said][]): History =>
  answers.reduce((history, [at, said]) => observe(history, figures(said), at), emptyHistory)
const last = (history: History) => history.points.at(-1)!

test('one answer gives counts and no rates; the second one of the same process gives both', () => {
  const first = after([0, { orders: 10, waiting: 3 }])
  expect(last(first)).toMatchObject({ orders: undefined, waiting: 3 })
  expect(last(observe(first, figures({ orders: 16 }), 3_000))).toMatchObject({ orders: 2, waiting: 0 })
})

test('answers of several processes are never taken for one: their rates are added up', () => {
  const two = after([0, { id: 'a', orders: 1_000 }], [1_000, { id: 'b', orders: 5 }])
  expect(last(two).orders).toBeUndefined()
  const four = [
    [2_000, { id: 'a', orders: 1_002 }],
    [3_000, { id: 'b', orders: 9 }],
  ] as const
  const history = four.reduce((history, [at, said]) => observe(history, figures(said), at), two)
  expect(last(history).orders).toBe(1 + 2)
  expect(history.processes.map(({ id, answers }) => [id, answers])).toEqual([
    ['a', 2],
    ['b', 2],
  ])
})

test('services that no process has spoken for within a minute are named: the charts know nothing of them', () => {
  const history = after([0, { services: ['user', 'order', 'payment'] }])
  expect(servicesNotHeardOf(history)).toEqual(['data'])
  const later = observe(history, figures({ id: 'b', services: ['data', 'order'] }), 60_000)
  expect(servicesNotHeardOf(later)).toEqual(['user', 'payment'])
})

test('a process that was started anew counts from nothing, and is another one', () => {
  const history = after(
    [0, { id: 'a', orders: 1_000 }],
    [3_000, { id: 'b', orders: 2 }],
    [6_000, { id: 'b', orders: 5 }],
  )
  expect(history.points.map(({ orders }) => orders)).toEqual([undefined, undefined, 1])
})

test('a process that no longer answers is left out after a minute, a page that was hidden shows a gap, and old points go', () => {
  const both = after([0, { id: 'a' }], [3_000, { id: 'a', orders: 3 }])
  expect(last(both).orders).toBe(1)
  const later = observe(both, figures({ id: 'b' }), 70_000)
  expect(last(later).orders).toBeUndefined()
  expect(last(observe(later, figures({ id: 'b', orders: 900 }), 200_000)).orders).toBeUndefined()
  expect(observe(later, figures({}), 16 * 60_000).points).toHaveLength(1 + 1)
})

test('what two processes of one service say of its database is counted once', () => {
  const history = after(
    [0, { id: 'a', services: ['order'], waiting: 4 }],
    [10, { id: 'b', services: ['order', 'user'], waiting: 5, queued: 7 }],
  )
  expect(last(history)).toMatchObject({ waiting: 5 + 5, queued: 7 + 7 })
})

test('errors are told apart by whose they are', () => {
  const history = after(
    [0, { requests: { 200: 1, 404: 0, 503: 0 } }],
    [2_000, { requests: { 200: 5, 404: 4, 409: 2, 503: 1 } }],
  )
  expect(last(history)).toMatchObject({ requests: 5.5, clientErrors: 3, serverErrors: 0.5 })
})

test('latency is that of the requests since the answer before, not since the start', () => {
  const before = { '0.1': 0, '1': 1_000, '+Inf': 1_000 }
  const now = { '0.1': 100, '1': 1_100, '+Inf': 1_100 }
  const history = after([0, { latency: before }], [1_000, { latency: now }])
  expect(last(history).median).toBeCloseTo(50)
  expect(last(after([0, { latency: now }], [1_000, { latency: now }])).median).toBeUndefined()
})

test('a quantile lies within its bucket, evenly, and beyond the last bound it is that bound', () => {
  const buckets = new Map([
    [0.1, 50],
    [0.2, 100],
    [Number.POSITIVE_INFINITY, 100],
  ])
  expect(quantile(buckets, 0.5)).toBeCloseTo(0.1)
  expect(quantile(buckets, 0.75)).toBeCloseTo(0.15)
  expect(quantile(new Map([...buckets, [Number.POSITIVE_INFINITY, 1_000]]), 0.99)).toBe(0.2)
  expect(quantile(new Map(), 0.5)).toBeUndefined()
})

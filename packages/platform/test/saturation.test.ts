// How near a process is to its limits is read from /metrics before anything fails.
import { uuidv7 } from 'uuidv7'
import { afterEach, expect, test } from 'vitest'
import { call, startService, type TestHost, until } from '../src/testing/index.ts'
import { type EchoService, echoService } from './echo-service.ts'

let host: TestHost
let echo: EchoService
afterEach(() => host.stop())

async function start(prepare: (service: EchoService) => void = () => {}): Promise<void> {
  const service = echoService((made, { broker }) => {
    echo = made
    made.plumbing.consumer.subscribe(broker, {
      'user.changed': () => Promise.reject(new Error('not today')),
    })
    prepare(made)
  })
  host = await startService([service])
}

/** The value of a line of /metrics; undefined where there is none. */
async function figure(line: string): Promise<number | undefined> {
  const { text } = await call(host.url, 'GET /metrics')
  const found = text.split('\n').find(each => each.startsWith(`${line} `))
  return found === undefined ? undefined : Number(found.slice(line.length + 1))
}

test('work that nobody has a hand free for is late, and is not once somebody has begun it', async () => {
  let begun = 0
  let finish = () => {}
  await start(({ plumbing }) =>
    plumbing.timers.handle(
      'slow-work',
      async () => {
        begun++
        if (begun > 1) return
        await new Promise<void>(resolve => {
          finish = resolve
        })
      },
      { concurrency: 1 },
    ),
  )
  const { timers } = echo.plumbing
  const dueAt = host.clock.now()
  await echo.notes.transaction(tx => timers.schedule(tx, 'slow-work', 'first', dueAt))
  await until(
    () => begun,
    count => count === 1,
  )
  await echo.notes.transaction(tx => timers.schedule(tx, 'slow-work', 'second', dueAt))
  host.clock.advance(90_000)
  const late = 'waybill_timers_late_seconds{service="order",kind="slow-work"}'
  expect(
    await until(
      () => figure(late),
      value => value! > 0,
    ),
  ).toBeGreaterThanOrEqual(90)
  finish()
  await until(
    () => begun,
    count => count === 2,
  )
  await until(
    () => figure(late),
    value => value === 0,
  )
})

test('a message that could not be handled is counted while it is tried again', async () => {
  await start()
  const retried = 'waybill_messages_retried{service="order"}'
  expect(await figure(retried)).toBe(0)
  await host.broker.send('user.changed', uuidv7(), { user_id: uuidv7() })
  await until(
    () => figure(retried),
    value => value === 1,
  )
  expect(await figure('waybill_dead_letters{service="order"}')).toBe(0)
})

test('a stream that is open is a request in flight, until its client leaves', async () => {
  await start()
  const { token } = host.users.signIn()
  // Whoever asks is in flight, too.
  expect(await figure('waybill_http_requests_in_flight')).toBe(1)
  const leaving = new AbortController()
  const stream = await fetch(`${host.url}/ticks`, {
    headers: { Authorization: `Bearer ${token}` },
    signal: leaving.signal,
  })
  expect(stream.status).toBe(200)
  expect(await figure('waybill_http_requests_in_flight')).toBe(2)
  leaving.abort()
  await until(
    () => figure('waybill_http_requests_in_flight'),
    value => value === 1,
  )
})

test('a process tells what share of its time it is busy, and what memory and connections it may have', async () => {
  await start()
  const busy = 'waybill_nodejs_eventloop_utilization'
  await figure(busy)
  await until(
    () => figure(busy),
    value => value! > 0 && value! <= 1,
  )
  const used = await figure('waybill_process_resident_memory_bytes')
  expect(await figure('waybill_process_memory_limit_bytes')).toBeGreaterThan(used!)
  expect(await figure('waybill_nodejs_heap_limit_bytes')).toBeGreaterThan(
    (await figure('waybill_nodejs_heap_size_used_bytes'))!,
  )
  const connections = (state: string) =>
    figure(`waybill_database_connections{service="order",state="${state}"}`) as Promise<number>
  const [size, inUse, waiting] = [await connections('size'), await connections('in_use'), await connections('waiting')]
  expect(size).toBeGreaterThanOrEqual(1)
  expect(inUse).toBeLessThanOrEqual(size)
  expect(waiting).toBeGreaterThanOrEqual(0)
})

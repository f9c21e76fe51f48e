// Operators see the events that the broker has not confirmed, newest first, and what the metrics say of them.
import type { WaitingEvent } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { call, startService, type TestHost, until } from '../src/testing/index.ts'
import { type EchoService, echoService } from './echo-service.ts'

let host: TestHost
let echo: EchoService
let operator: string
let since: number
let isDown = false

beforeAll(async () => {
  host = await startService([
    echoService(service => {
      echo = service
    }),
  ])
  operator = host.users.signIn({ role: 'operator' }).token
  const publish = host.broker.publish.bind(host.broker)
  host.broker.publish = async event => {
    if (isDown) throw new Error('the broker is down')
    await publish(event)
  }
})
afterAll(() => host.stop())
beforeEach(async () => {
  isDown = false
  await until(
    () => echo.plumbing.outbox.backlog(),
    ({ waiting }) => waiting === 0,
    20,
  )
  isDown = true
  host.clock.advance(60_000)
  since = host.clock.now()
})

const time = (at: number) => new Date(at).toISOString()
/** Writes a fact now; answers what it is about. */
const write = async () => {
  const userId = uuidv7()
  await echo.notes.transaction(tx => echo.plumbing.outbox.add(tx, 'user.changed', userId, { user_id: userId }))
  return userId
}
const list = async (query = '') => {
  const reply = await call<WaitingEvent[]>(host.url, `GET /outbox${query}`, { token: operator })
  expect(reply.status, reply.text).toBe(200)
  return { events: reply.body.data, next: reply.body.page?.next_cursor }
}

test('an event that no broker takes is listed until one does', async () => {
  const userId = await write()
  host.clock.advance(5_000)
  const { events, next } = await list()
  expect(next).toBeNull()
  expect(events).toEqual([
    {
      service: 'order',
      event_id: expect.any(String),
      event_type: 'user.changed',
      subject: userId,
      created_at: expect.any(String),
      age_seconds: expect.any(Number),
    },
  ])
  expect(Date.parse(events[0]!.created_at)).toBeGreaterThanOrEqual(since)
  expect(events[0]!.age_seconds).toBeGreaterThanOrEqual(5)
  expect(events[0]!.age_seconds).toBeLessThan(15)
  isDown = false
  await until(list, ({ events }) => events.length === 0, 20)
})

test('pages go from the newest to the oldest, each event once, also among those of one moment', async () => {
  const written: string[] = []
  for (let at = 0; at < 3; at++) {
    written.push(...(await Promise.all([write(), write(), write()])))
    host.clock.advance(1_000)
  }
  await host.query('order', 'update outbox set created_at = ? where created_at < ?', since, since + 1_000)
  const seen: WaitingEvent[] = []
  let cursor: string | null | undefined
  do {
    const { events, next } = await list(`?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
    expect(events.length).toBeLessThanOrEqual(2)
    seen.push(...events)
    cursor = next
  } while (cursor)
  expect(seen.map(({ subject }) => subject).sort()).toEqual(written.sort())
  const times = seen.map(({ created_at }) => created_at)
  expect(times).toEqual([...times].sort().reverse())
})

test('they can be asked for by the time when they were written', async () => {
  const early = await write()
  host.clock.advance(10_000)
  const between = time(host.clock.now())
  const late = await write()
  const subjects = async (query: string) => (await list(query)).events.map(({ subject }) => subject)
  expect(await subjects(`?since=${between}`)).toEqual([late])
  expect(await subjects(`?until=${between}`)).toEqual([early])
  expect(await subjects(`?since=${time(since)}&until=${between}`)).toEqual([early])
  expect(await subjects(`?since=${time(since - 2)}&until=${time(since - 1)}`)).toEqual([])
})

test.each(['/outbox', '/dead-letters'])(
  '%s of a service can be asked for where it is hosted, and nowhere else',
  async path => {
    await write()
    const ask = (service: string) => call<unknown[]>(host.url, `GET ${path}?service=${service}`, { token: operator })
    expect((await ask('order')).status).toBe(200)
    const elsewhere = await ask('payment')
    expect([elsewhere.status, elsewhere.body.code]).toEqual([404, 'SERVICE_NOT_HOSTED'])
    expect((await ask('nobody')).status).toBe(400)
  },
)

test('they are for operators, and a cursor of another list is refused', async () => {
  expect((await call(host.url, 'GET /outbox', { token: host.users.signIn().token })).status).toBe(403)
  expect((await call(host.url, 'GET /outbox')).status).toBe(401)
  expect((await call(host.url, 'GET /outbox?cursor=rubbish', { token: operator })).status).toBe(400)
})

test('the metrics count them, and tell the age of the oldest', async () => {
  await write()
  host.clock.advance(100_000)
  const metrics = async () => (await call(host.url, 'GET /metrics')).text
  const text = await until(metrics, it => it.includes('waybill_outbox_waiting{service="order"} 1\n'))
  expect(Number(/^waybill_outbox_oldest_seconds\{service="order"\} (\S+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(
    100,
  )
})

import type { Process } from '@waybill/contracts'
import { call, type TestHost } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cancel, type Placed, placeOrder, showProcess, startOrderService, tell } from './an-order-and-its-events.ts'

let host: TestHost
let token: string

beforeAll(async () => {
  host = await startOrderService()
  token = host.users.signIn().token
})
afterAll(() => host.stop())

const hold = ({ process }: Placed, prefer: string, signal?: AbortSignal) =>
  call<Process>(host.url, `GET /process/${process.process_id}`, { token, headers: { Prefer: prefer }, signal })

/** Makes change after change until the held request is answered: whenever it began to wait, one comes after that. */
async function changeUntilAnswered<T>(held: Promise<T>, change: (percentage: number) => Promise<unknown>): Promise<T> {
  let answered = false
  const settled = held.finally(() => {
    answered = true
  })
  for (let percentage = 1; percentage < 99 && !answered; percentage++) {
    await change(percentage)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return settled
}

describe('a long poll', () => {
  test('is answered when the process changes', async () => {
    const placed = await placeOrder(host, token)
    await tell.authorized(host, placed)
    const started = performance.now()
    const reply = await changeUntilAnswered(hold(placed, 'wait=20'), at => tell.progressed(host, placed, at))
    expect(reply.body.data).toMatchObject({ status: 0, step: 'exporting airports' })
    expect(reply.headers.get('preference-applied')).toBe('wait=20')
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  test('is answered as it is when nothing changes in time', async () => {
    const placed = await placeOrder(host, token)
    const started = performance.now()
    const reply = await hold(placed, 'respond-async, wait=1')
    expect(performance.now() - started).toBeGreaterThan(950)
    expect(reply.body.data).toMatchObject({ status: 0, step: 'authorizing_payment' })
    expect(reply.headers.get('preference-applied')).toBe('wait=1')
  })

  test('is answered at once when the process is final, and says nothing of asking again', async () => {
    const placed = await placeOrder(host, token)
    await cancel(host, token, placed)
    const reply = await hold(placed, 'wait=60')
    expect(reply.body.data.status).toBe(2)
    expect(reply.headers.get('retry-after')).toBeNull()
  })

  test('holds a minute at most, and an unreadable preference not at all', async () => {
    const placed = await placeOrder(host, token)
    await tell.authorized(host, placed)
    const held = hold(placed, 'wait=86400')
    const reply = await changeUntilAnswered(held, at => tell.progressed(host, placed, at))
    expect(reply.headers.get('preference-applied')).toBe('wait=60')
    const other = await placeOrder(host, token)
    for (const prefer of ['wait=soon', 'wait=-1', 'await=20']) {
      expect((await hold(other, prefer)).headers.get('preference-applied')).toBeNull()
    }
  })

  test('notices within a second what another instance has changed', async () => {
    const placed = await placeOrder(host, token)
    await tell.authorized(host, placed)
    const change = 'update user_processes set percentage = ? where process_id = ?'
    const reply = await changeUntilAnswered(hold(placed, 'wait=20'), async percentage => {
      await host.query('order', change, percentage, placed.process.process_id)
    })
    expect(reply.body.data.percentage).toBeGreaterThan(0)
  })
})

/** Reads an event stream to its end, or until `enough`, which is asked after each event. */
async function follow(placed: Placed, enough: (seen: Process[]) => boolean = () => false): Promise<Process[]> {
  const giveUp = new AbortController()
  const response = await fetch(`${host.url}/process/${placed.process.process_id}`, {
    headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
    signal: giveUp.signal,
  })
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  const seen: Process[] = []
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const events = text.split('\n\n')
    text = events.pop()!
    for (const event of events) {
      expect(event).toMatch(/^event: process\ndata: \{/)
      seen.push(JSON.parse(event.slice(event.indexOf('data: ') + 6)) as Process)
    }
    if (seen.length > 0 && enough(seen)) {
      giveUp.abort()
      return seen
    }
  }
  return seen
}

describe('an event stream', () => {
  test('begins with the process as it is, tells every change and ends when it is final', async () => {
    const placed = await placeOrder(host, token)
    const begun = Promise.withResolvers<void>()
    const stream = follow(placed, () => {
      begun.resolve()
      return false
    })
    await begun.promise
    await tell.authorized(host, placed)
    await tell.progressed(host, placed, 50, 'half')
    await tell.progressed(host, placed, 20, 'late news')
    await tell.finished(host, placed)
    const seen = await stream
    expect(seen.map(it => [it.status, it.percentage, it.step])).toEqual([
      [0, 0, 'authorizing_payment'],
      [0, 0, 'exporting'],
      [0, 50, 'half'],
      [1, 100, 'delivered'],
    ])
    expect(seen.at(-1)).toEqual(await showProcess(host, token, placed.process.process_id))
  })

  test('tells the end at once, not only at the next look at the database', async () => {
    const started = performance.now()
    for (let round = 0; round < 4; round++) {
      const placed = await placeOrder(host, token)
      await tell.authorized(host, placed)
      const stream = Promise.withResolvers<void>()
      const seen = follow(placed, () => {
        stream.resolve()
        return false
      })
      await stream.promise
      await (round % 2 === 0 ? tell.finished(host, placed) : cancel(host, token, placed))
      expect((await seen).at(-1)?.status).toBe(round % 2 === 0 ? 1 : 2)
    }
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  test('of a final process is that one state', async () => {
    const placed = await placeOrder(host, token)
    await cancel(host, token, placed)
    expect((await follow(placed)).map(it => it.state)).toEqual(['failure'])
  })

  test('serves many who follow the same process, and those who leave disturb nobody', async () => {
    const placed = await placeOrder(host, token)
    const leaving = follow(placed, seen => seen.length === 1)
    const staying = Array.from({ length: 5 }, () => follow(placed))
    await leaving
    await tell.authorized(host, placed)
    await tell.finished(host, placed)
    for (const seen of await Promise.all(staying)) expect(seen.at(-1)?.status).toBe(1)
  })
})

test('a server that stops answers everybody who waits, at once', async () => {
  const own = await startOrderService()
  const { token: theirs } = own.users.signIn()
  const { process } = await placeOrder(own, theirs)
  const path = `${own.url}/process/${process.process_id}`
  const headers = { Authorization: `Bearer ${theirs}` }
  const stream = await fetch(path, { headers: { ...headers, Accept: 'text/event-stream' } })
  const held = fetch(path, { headers: { ...headers, Prefer: 'wait=60' } })
  const reader = stream.body!.getReader()
  await reader.read()
  await call(own.url, 'GET /prices')
  const started = performance.now()
  await own.stop()
  expect(performance.now() - started).toBeLessThan(3_000)
  expect((await reader.read()).done).toBe(true)
  expect((await held).status).toBe(200)
})

describe('when to ask again', () => {
  test('is said while the process runs, between one and ten seconds', async () => {
    const placed = await placeOrder(host, token)
    const reply = await call(host.url, `GET /process/${placed.process.process_id}`, { token })
    const seconds = Number(reply.headers.get('retry-after'))
    expect(seconds).toBeGreaterThanOrEqual(1)
    expect(seconds).toBeLessThanOrEqual(10)
  })

  test('is estimated from the pace so far and from what others took', async () => {
    const cloud = 'AWS'
    const buyer = host.users.signIn({ cloud }).token
    const first = await placeOrder(host, buyer)
    expect(first.process.eta_seconds).toBeNull()
    await tell.authorized(host, first)
    host.clock.advance(100_000)
    await tell.progressed(host, first, 25)
    const byPace = (await showProcess(host, buyer, first.process.process_id)).eta_seconds!
    expect(byPace).toBeGreaterThanOrEqual(300)
    expect(byPace).toBeLessThan(310)
    await tell.finished(host, first)
    expect((await showProcess(host, buyer, first.process.process_id)).eta_seconds).toBeNull()

    host.clock.advance(6_000)
    const second = await placeOrder(host, buyer)
    expect(second.process.eta_seconds).toBeGreaterThanOrEqual(100)
    expect(second.process.eta_seconds).toBeLessThan(105)
    await tell.authorized(host, second)
    host.clock.advance(50_000)
    await tell.progressed(host, second, 50)
    const both = (await showProcess(host, buyer, second.process.process_id)).eta_seconds!
    expect(both).toBeGreaterThanOrEqual(50)
    expect(both).toBeLessThan(55)
  })
})

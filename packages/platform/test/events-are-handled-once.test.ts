// A fact is published after its commit, survives a crash and a broker that is down, and is handled once.
import type { CloudEvent, WaitingWork } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import { afterEach, expect, test } from 'vitest'
import { createVault } from '../src/auth/index.ts'
import type { EventHandlers } from '../src/bus/index.ts'
import type { OutboxTable } from '../src/bus/outbox.ts'
import type { Tx } from '../src/db/index.ts'
import { createPeer } from '../src/http/index.ts'
import { call, startService, type TestHost, until } from '../src/testing/index.ts'
import { type EchoService, echoService, type NoteTables } from './echo-service.ts'

let host: TestHost
let echo: EchoService
afterEach(() => host.stop())

async function start(handlers: EventHandlers<NoteTables>): Promise<void> {
  host = await startService([
    echoService((service, { broker }) => {
      echo = service
      service.plumbing.consumer.subscribe(broker, handlers)
    }),
  ])
}

const writeNote: EventHandlers<NoteTables>['user.changed'] = async (tx, event) => {
  await tx.insertInto('notes').values({ id: uuidv7(), text: event.data.user_id }).execute()
}
const notes = async () => (await echo.notes.db.selectFrom('notes').select('text').execute()).map(row => row.text)
const changed = (userId = uuidv7()) => ({ user_id: userId })
const deadLetters = async (token: string) =>
  (await call<{ id: string; tries: number; error: string }[]>(host.url, 'GET /dead-letters', { token })).body.data

test('a fact reaches its handler after the commit, and its outbox row goes', async () => {
  await start({ 'user.changed': writeNote })
  const userId = uuidv7()
  await echo.notes.transaction(tx => echo.plumbing.outbox.add(tx, 'user.changed', userId, changed(userId)))
  await until(notes, seen => seen.includes(userId))
  await until(
    () => echo.plumbing.outbox.backlog(),
    ({ waiting }) => waiting === 0,
  )
})

test('a fact of a transaction that was rolled back is never published', async () => {
  await start({ 'user.changed': writeNote })
  const failing = echo.notes.transaction(async tx => {
    await echo.plumbing.outbox.add(tx, 'user.changed', 'x', changed())
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  await host.broker.send('user.changed', 'probe', changed())
  expect(host.broker.published.map(event => event.subject)).toEqual(['probe'])
})

test('a message that comes twice, also at the same time, has one effect', async () => {
  await start({ 'user.changed': writeNote })
  const event = await host.broker.send('user.changed', 'x', changed())
  await Promise.all([host.broker.publish(event), host.broker.publish(event)])
  expect(await notes()).toHaveLength(1)
})

test('a broker that is down for a while loses nothing', async () => {
  await start({ 'user.changed': writeNote })
  const publish = host.broker.publish
  host.broker.publish = async () => {
    throw new Error('the broker is down')
  }
  const userId = uuidv7()
  await echo.notes.transaction(tx => echo.plumbing.outbox.add(tx, 'user.changed', userId, changed(userId)))
  host.broker.publish = publish
  expect((await echo.plumbing.outbox.backlog()).waiting).toBe(1)
  host.clock.advance(4_000)
  await until(notes, seen => seen.includes(userId))
})

test('what a crash left in the outbox is published at the next start', async () => {
  await start({ 'user.changed': writeNote })
  host.broker.publish = async () => {
    throw new Error('the process died here')
  }
  const userId = uuidv7()
  await echo.notes.transaction(tx => echo.plumbing.outbox.add(tx, 'user.changed', userId, changed(userId)))
  host = await host.restart()
  await until(notes, seen => seen.includes(userId))
})

test('a handler that fails once is tried again a second later and leaves no trace', async () => {
  let tries = 0
  await start({
    'user.changed': async (tx, event) => {
      await writeNote?.(tx, event)
      if (++tries === 1) throw new Error('locked')
    },
  })
  await host.broker.send('user.changed', 'x', changed())
  expect(await notes()).toEqual([])
  host.clock.advance(1_000)
  await until(notes, seen => seen.length === 1)
  expect(await deadLetters(host.users.signIn({ role: 'operator' }).token)).toEqual([])
})

test('after five tries a message is a dead letter, and a replay after the repair handles it', async () => {
  let broken = true
  let tries = 0
  await start({
    'user.changed': async (tx, event) => {
      tries++
      if (broken) throw new Error('still broken')
      await writeNote?.(tx, event)
    },
  })
  const { token } = host.users.signIn({ role: 'operator' })
  await host.broker.send('user.changed', 'x', changed())
  for (const delay of [1_000, 5_000, 25_000, 120_000]) {
    const before = tries
    expect(await deadLetters(token)).toEqual([])
    host.clock.advance(delay)
    await until(
      () => tries,
      seen => seen > before,
    )
  }
  const [letter] = await until(
    () => deadLetters(token),
    letters => letters.length === 1,
  )
  expect(letter).toMatchObject({ service: 'order', event_type: 'user.changed', tries: 5, error: 'Error: still broken' })
  broken = false
  expect((await call(host.url, `POST /dead-letters/${letter!.id}/replay`, { token })).status).toBe(202)
  await until(notes, seen => seen.length === 1)
  await until(
    () => deadLetters(token),
    letters => letters.length === 0,
  )
  expect((await call(host.url, `POST /dead-letters/${letter!.id}/replay`, { token })).status).toBe(404)
})

test('peers are told what waits about one thing, and hasten that alone, its tries counted as before', async () => {
  let broken = true
  await start({
    'user.changed': async (tx, event) => {
      if (broken) throw new Error('still broken')
      await writeNote?.(tx, event)
    },
  })
  const [one, other] = [uuidv7(), uuidv7()]
  for (const subject of [one, other]) await host.broker.send('user.changed', subject, changed(subject))
  const peerKey = createVault(host.secretKey).deriveKey('peer').toString('base64url')
  const peer = createPeer('order', () => host.url, peerKey)
  const { token } = host.users.signIn()
  const since = new Date(0).toISOString()
  const askAbout = async <T>(path: string, subject: string, more: object = {}) => {
    const body = { service: 'order', subjects: [subject], ...more }
    return (await peer.call<T>('POST', path, { token, body })).data
  }
  const work = () => askAbout<WaitingWork>('/work/details', one, { since })
  const [first] = (await work()).messages
  expect(first).toMatchObject({ state: 'failing', event_type: 'user.changed', tries: 1, error: 'Error: still broken' })
  expect(Date.parse(first!.next_try_at!)).toBeGreaterThan(host.clock.now())

  const hasten = () => askAbout<{ hastened: string[] }>('/work/hasten', one)
  const both = await Promise.all([hasten(), hasten()])
  expect(both.flatMap(({ hastened }) => hastened)).toEqual(['user.changed'])
  await until(work, ({ messages }) => messages[0]?.tries === 2)
  broken = false
  expect(await hasten()).toEqual({ hastened: ['user.changed'] })
  await until(notes, seen => seen.includes(one))
  const recovered = {
    event_type: 'user.changed',
    tries: 3,
    error: 'Error: still broken',
    handled_at: expect.any(String),
  }
  expect(await work()).toMatchObject({ record: null, messages: [], recovered: [recovered] })
  expect(await notes()).toEqual([one])

  host.broker.publish = async () => {
    throw new Error('the broker is down')
  }
  await echo.notes.transaction(tx => echo.plumbing.outbox.add(tx, 'user.changed', one, changed(one)))
  expect((await work()).messages).toMatchObject([{ state: 'unsent', event_type: 'user.changed', dead_letter_id: null }])
  expect((await askAbout<WaitingWork>('/work/details', other, { since })).messages).toMatchObject([
    { state: 'failing' },
  ])

  // After a long outage not everything is looked at, and that is said.
  expect(await work()).toMatchObject({ may_have_more: false })
  const flood = Array.from({ length: 5_001 }, () => ({ id: uuidv7(), message: '{}', created_at: 1 }))
  await echo.notes.transaction(async tx => {
    const outbox = tx as unknown as Tx<OutboxTable>
    for (let at = 0; at < flood.length; at += 1_000) {
      const rows = flood.slice(at, at + 1_000)
      await outbox.insertInto('outbox').values(rows).execute()
    }
  })
  expect(await work()).toMatchObject({ messages: [], may_have_more: true })
})

test('rubbish from the broker becomes a dead letter at once and stops nobody', async () => {
  await start({ 'user.changed': writeNote })
  const good = await host.broker.send('user.changed', 'x', changed())
  const rubbish = [
    { ...good, id: uuidv7(), data: { user_id: 7 } },
    { ...good, id: uuidv7(), specversion: '0.3' },
    { type: 'user.changed' },
  ]
  for (const event of rubbish) await host.broker.publish(event as CloudEvent<'user.changed'>)
  await host.broker.send('user.changed', 'y', changed())
  expect(await notes()).toHaveLength(2)
  expect(await deadLetters(host.users.signIn({ role: 'operator' }).token)).toHaveLength(3)
})

test('fields that a newer version added do no harm', async () => {
  await start({ 'user.changed': writeNote })
  await host.broker.send('user.changed', 'x', { ...changed(), colour: 'blue' } as never)
  expect(await notes()).toHaveLength(1)
})

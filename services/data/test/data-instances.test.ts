// Two instances of the data service on one database and one disk: an export is one instance's at a time, and its files are of one run.
import { createHash } from 'node:crypto'
import { readdir, readFile, readlink, rename } from 'node:fs/promises'
import type { Manifest, OrderConfirmed } from '@waybill/contracts'
import { call, startFakePeer, startService, TestBroker, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type MclassSimulator, startMclassSimulator } from '../simulator/start-mclass-simulator.ts'
import { createDataService } from '../src/data-service.ts'
import { sampleFiles } from '../src/sample-data.ts'
import { DataWorld, type SignedIn } from './data-world.ts'

let world: DataWorld
let other: TestHost
let mclass: MclassSimulator

const recordsOf = (letter: string) =>
  Array.from({ length: 20_000 }, (_, at) => `{"id":${at},"text":"${letter.repeat(80)}"}`)
/** What MClass answers changes all the time and never looks changed: what two runs write is never alike. */
const variants = ['a', 'b', 'c', 'd', 'e'].map(recordsOf)
const linesOf = (letter: string, rows = 500_000) => Buffer.from(`id,text\n${`1,${letter.repeat(60)}\n`.repeat(rows)}`)
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')

beforeAll(async () => {
  const [order, payment] = [await startFakePeer(), await startFakePeer()]
  const options = { peerUrls: { order: order.url, payment: payment.url } }
  world = new DataWorld(await startService([createDataService], options), order, payment)
  other = await startService([createDataService], { ...options, beside: world.host })
  const updatedAt = new Date().toISOString()
  let asked = 0
  mclass = await startMclassSimulator({
    datasetsOf: () => [{ name: 'long', records: variants[asked++ % variants.length]!, updatedAt }],
  })
  await call(world.host.url, 'PATCH /clouds/MCLASS', {
    token: world.signIn({ role: 'operator' }).token,
    body: { settings: { url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' } },
  })
})
afterAll(async () => {
  await other.stop()
  await world.stop()
  await mclass.stop()
})

const saidOf = ({ order_id }: OrderConfirmed) =>
  world.host.broker.published.filter(({ subject }) => subject === order_id).map(({ type }) => type)

/** The claim runs out as it does where an instance stalls: the other one takes the work over, and the first knows nothing of it. */
async function takeAway({ process_id }: OrderConfirmed): Promise<void> {
  await world.host.query(
    'data',
    "update timers set claimed_by = 'nobody', claimed_until = 0 where subject = ?",
    process_id,
  )
}

const checkpointsOf = ({ process_id }: OrderConfirmed) =>
  world.host.query(
    'data',
    'select position from export_files where process_id = ? and checkpoint is not null',
    process_id,
  )

/** Both runs of an export have ended, the one that counts and the stalled one: this process has no file of it open. */
async function untilLetGo(folder: string): Promise<void> {
  const openFiles = async () => {
    const links = (await readdir('/proc/self/fd')).map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => ''))
    return (await Promise.all(links)).filter(path => path.startsWith(folder))
  }
  await until(openFiles, open => open.length === 0)
  await doSomethingElse()
}

/** What the runs of before did at their ends is done when this is. */
async function doSomethingElse(): Promise<void> {
  const user = world.signIn()
  for (const dataset of ['cars', 'stocks', 'movies']) {
    const facts = world.factsFor(user, [dataset])
    await world.confirm(facts)
    await world.host.broker.waitFor('export.finished', facts.order_id)
  }
}

async function manifestOf(who: SignedIn, facts: OrderConfirmed): Promise<Manifest> {
  await world.deliver(facts)
  return (await world.get<Manifest>(who, `/data/manifest?process_id=${facts.process_id}`)).body.data
}

describe('an export', () => {
  test('that both are told of at once is done by one', async () => {
    const user = world.signIn()
    const orders = Array.from({ length: 12 }, () => world.factsFor(user, ['cars', 'stocks']))
    await Promise.all(orders.map(facts => world.confirm(facts)))
    for (const facts of orders) {
      await world.host.broker.waitFor('export.finished', facts.order_id)
      expect(saidOf(facts).filter(type => type === 'export.finished')).toHaveLength(1)
      expect(await world.delivered(facts)).toEqual(['cars.ndjson', 'stocks.ndjson'])
    }
  })

  test('that is taken over from a stalled instance is one run’s file, though its source changed meanwhile', async () => {
    const user = world.signIn()
    await world.put(user.principal.account, 'large.csv', linesOf('a'))
    await world.put(user.principal.account, 'next.csv', linesOf('b'))
    const facts = world.factsFor(user, ['large'])
    await world.confirm(facts)
    await until(
      () => checkpointsOf(facts),
      ([row]) => row !== undefined,
    )
    const folder = world.localPath(user.principal.account)
    await rename(`${folder}/next.csv`, `${folder}/large.csv`)
    await takeAway(facts)
    // Has both look for due work at once: the first is still at it.
    world.host.clock.advance(1)
    await world.host.broker.waitFor('export.finished', facts.order_id)
    await untilLetGo(folder)
    expect(await world.delivered(facts)).toEqual(['large.ndjson'])
    const content = await readFile(`${folder}/.waybill/${facts.process_id}/large.ndjson`)
    const [file] = (await manifestOf(user, facts)).files
    expect({ sha256: sha256(content), bytes: content.length }).toEqual({ sha256: file!.sha256, bytes: file!.bytes })
    const letters = new Set(content.toString('latin1').match(/(?<=")[ab](?=[ab]{59}")/g))
    expect([...letters]).toHaveLength(1)
    expect(saidOf(facts).filter(type => type === 'export.finished')).toHaveLength(1)
  })

  test('that is taken over keeps no chunk of the stalled run in the database', async () => {
    const user = world.signIn({ cloud: 'MCLASS' })
    mclass.latencyMilliseconds = 5
    const facts = world.factsFor(user, ['long'])
    await world.confirm(facts)
    await world.host.broker.waitFor('export.progressed', facts.order_id)
    await takeAway(facts)
    mclass.latencyMilliseconds = 0
    await world.host.broker.waitFor('export.finished', facts.order_id)
    let asked = 0
    let looks = 0
    await until(
      () => {
        looks = mclass.calls.length === asked ? looks + 1 : 0
        asked = mclass.calls.length
        return looks
      },
      quiet => quiet > 30,
    )
    await doSomethingElse()
    const [file] = (await manifestOf(user, facts)).files
    const reply = await world.get(user, `/data?process_id=${facts.process_id}`, { Accept: 'application/x-ndjson' })
    expect(sha256(reply.text)).toBe(file!.sha256)
    const chunks = await world.host.query(
      'data',
      'select first_byte, length(bytes) as bytes from delivery_chunks where process_id = ? order by first_byte',
      facts.process_id,
    )
    let at = 0
    for (const { first_byte, bytes } of chunks) {
      expect(Number(first_byte)).toBe(at)
      at += Number(bytes)
    }
    expect(at).toBe(file!.bytes)
    expect(saidOf(facts).filter(type => type === 'export.finished')).toHaveLength(1)
  })

  test('that is cancelled at one instance is ended at the one that works on it, and nothing of it stays', async () => {
    // It hears of its own events only: the cancellation reaches it through the database.
    const alone = await startService([createDataService], { beside: { ...world.host, broker: new TestBroker() } })
    try {
      mclass.latencyMilliseconds = 5
      const facts = world.factsFor(world.signIn({ cloud: 'MCLASS' }), ['long'])
      await alone.broker.send('order.confirmed', facts.order_id, facts)
      await alone.broker.waitFor('export.progressed', facts.order_id)
      const startedAt = performance.now()
      await world.cancel(facts)
      const rows = () =>
        world.host.query('data', 'select position from delivery_chunks where process_id = ?', facts.process_id)
      const timers = () => world.host.query('data', 'select kind from timers where subject = ?', facts.process_id)
      await until(timers, left => left.length === 0)
      expect(await rows()).toEqual([])
      expect(performance.now() - startedAt).toBeLessThan(5_000)
      const asked = mclass.calls.length
      expect(
        (await world.host.query('data', 'select state from exports where process_id = ?', facts.process_id))[0],
      ).toEqual({
        state: 'cancelled',
      })
      expect(alone.broker.published.map(({ type }) => type)).not.toContain('export.finished')
      expect(mclass.calls.length).toBe(asked)
    } finally {
      await alone.stop()
    }
  })
})

test('ten instances that start at once lay out the sample data once and whole', async () => {
  const installation = await startService([])
  const started = await Promise.all(
    Array.from({ length: 10 }, () => startService([createDataService], { beside: installation })),
  )
  const local = `${installation.home}/clouds/local`
  const left = (await readdir(local)).filter(name => name.startsWith('.samples-'))
  const contents = await Promise.all(
    [...sampleFiles()].map(async ([name, file]) => [
      name,
      (await readFile(`${local}/_shared/${name}`)).equals(await readFile(file)),
    ]),
  )
  for (const host of started) await host.stop()
  await installation.stop()
  expect(left).toEqual([])
  expect(contents).toEqual([...sampleFiles().keys()].map(name => [name, true]))
}, 60_000)

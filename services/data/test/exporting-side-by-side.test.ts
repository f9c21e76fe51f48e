// Several datasets of one order: exported side by side, told as one, and ended together.
import type { Manifest } from '@waybill/contracts'
import { call, until } from '@waybill/platform/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type MclassSimulator, startMclassSimulator } from '../simulator/start-mclass-simulator.ts'
import { type DataWorld, type SignedIn, startDataWorld } from './data-world.ts'

const names = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth']
const recordsOf = (name: string, count: number) =>
  Array.from({ length: count }, (_, at) => `{"id":${at},"of":"${name}"}`)
let world: DataWorld
let mclass: MclassSimulator
let user: SignedIn

beforeAll(async () => {
  world = await startDataWorld()
})
afterAll(() => world.stop())

beforeEach(async () => {
  const updatedAt = new Date().toISOString()
  const datasets = names.map((name, at) => ({ name, records: recordsOf(name, 6_000 - at * 500), updatedAt }))
  mclass = await startMclassSimulator({ datasetsOf: () => datasets })
  const { token } = world.signIn({ role: 'operator' })
  const settings = { url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' }
  await call(world.host.url, 'PATCH /clouds/MCLASS', { token, body: { settings } })
  user = world.signIn({ cloud: 'MCLASS' })
})
afterEach(() => mclass.stop())

/** The datasets that were read, by the order of their pages. */
const pagesRead = () => mclass.calls.flatMap(line => names.find(name => line.includes(`/${name}/records`)) ?? [])

describe('the datasets of an order', () => {
  test('are exported side by side, four at a time, and stand in the manifest as they were ordered', async () => {
    mclass.latencyMilliseconds = 5
    const facts = world.factsFor(user, names)
    await world.confirm(facts)
    await until(pagesRead, read => new Set(read).size >= 4)
    // None of the four has come to its end yet: the fifth waits for the first place that is free.
    expect(new Set(pagesRead().slice(0, 40))).toEqual(new Set(names.slice(0, 4)))
    await world.host.broker.waitFor('export.finished', facts.order_id)
    await world.deliver(facts)
    const manifest = await world.get<Manifest>(user, `/data/manifest?process_id=${facts.process_id}`)
    expect(manifest.body.data.files.map(({ dataset, records }) => [dataset, records])).toEqual(
      names.map((name, at) => [name, 6_000 - at * 500]),
    )
    for (const [at, dataset] of names.entries()) {
      const path = `/data?process_id=${facts.process_id}&dataset=${dataset}`
      const { text } = await world.get(user, path, { Accept: 'application/x-ndjson' })
      expect(text).toBe(
        recordsOf(dataset, 6_000 - at * 500)
          .map(record => `${record}\n`)
          .join(''),
      )
    }
  })

  test('make one percentage that never goes down', async () => {
    mclass.latencyMilliseconds = 20
    const facts = world.factsFor(user, names.slice(0, 4))
    await world.confirm(facts)
    await world.host.broker.waitFor('export.finished', facts.order_id)
    const told = world.host.broker.published.flatMap(event =>
      event.subject === facts.order_id && event.type === 'export.progressed' ? [event.data.percentage] : [],
    )
    expect(told.length).toBeGreaterThan(0)
    expect(told).toEqual([...told].sort((a, b) => a - b))
    for (const percentage of told) expect(percentage).toBeLessThan(100)
  })

  test('are ended together when one of them cannot be exported, and nothing of any stays', async () => {
    mclass.latencyMilliseconds = 5
    const local = world.signIn()
    await world.put(local.principal.account, 'large.csv', `id,text\n${`1,${'a'.repeat(60)}\n`.repeat(1_000_000)}`)
    await world.put(local.principal.account, 'broken.csv', `a,b\n${'1,2\n'.repeat(500_000)}3\n`)
    const facts = world.factsFor(local, ['large', 'broken', 'cars'])
    await world.confirm(facts)
    const { data } = await world.host.broker.waitFor('export.failed', facts.order_id)
    expect(data.reason).toBe('broken.csv, line 500002: 1 field, the header has 2')
    await until(
      () => world.host.query('data', 'select kind from timers where subject = ?', facts.process_id),
      left => left.length === 0,
    )
    expect(await world.delivered(facts)).toEqual([])
  })

  test('are ended together by a cancellation, and nothing of any stays', async () => {
    mclass.latencyMilliseconds = 5
    const facts = world.factsFor(user, names.slice(0, 3))
    await world.confirm(facts)
    await until(pagesRead, read => read.length > 60)
    await world.cancel(facts)
    await until(
      () => world.host.query('data', 'select kind from timers where subject = ?', facts.process_id),
      left => left.length === 0,
    )
    const asked = mclass.calls.length
    const rows = await world.host.query(
      'data',
      'select position from delivery_chunks where process_id = ?',
      facts.process_id,
    )
    expect(rows).toEqual([])
    expect(mclass.calls.length).toBe(asked)
  })

  test('go on each at its own checkpoint after a restart; what was done is not done again', async () => {
    mclass.latencyMilliseconds = 40
    const facts = world.factsFor(user, ['first', 'sixth'])
    await world.confirm(facts)
    const rows = () =>
      world.host.query(
        'data',
        'select position, checkpoint, sha256 from export_files where process_id = ? order by position',
        facts.process_id,
      )
    await until(rows, ([first, sixth]) => first?.checkpoint != null && sixth?.sha256 != null)
    await world.restart()
    const before = pagesRead().length
    await world.host.broker.waitFor('export.finished', facts.order_id)
    const after = pagesRead().slice(before)
    expect(after).not.toContain('sixth')
    expect(after.length).toBeLessThan(60)
  })
})

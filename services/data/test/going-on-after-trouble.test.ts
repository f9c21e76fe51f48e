import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import type { ExportRecord } from '@waybill/contracts'
import { call, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MclassSimulator, startMclassSimulator } from '../simulator/start-mclass-simulator.ts'
import { type DataWorld, startDataWorld } from './data-world.ts'

let world: DataWorld
let mclass: MclassSimulator

const records = Array.from({ length: 20_000 }, (_, at) => `{"id":${at},"text":"${'x'.repeat(40)}"}`)

beforeAll(async () => {
  world = await startDataWorld()
  const dataset = { name: 'long', records, updatedAt: new Date().toISOString() }
  mclass = await startMclassSimulator({ datasetsOf: () => [dataset], latencyMilliseconds: 5 })
  await call(world.host.url, 'PATCH /clouds/MCLASS', {
    token: world.signIn({ role: 'operator' }).token,
    body: { settings: { url: mclass.url, client_id: 'waybill', client_secret: 'mclass-secret' } },
  })
})
afterAll(async () => {
  await world.stop()
  await mclass.stop()
})

test('a long export tells how far it is, and after a restart goes on where it was', async () => {
  const user = world.signIn({ cloud: 'MCLASS' })
  const facts = world.factsFor(user, ['long'])
  await world.confirm(facts)
  const { data } = await world.host.broker.waitFor('export.progressed', facts.order_id)
  expect(data).toEqual({
    ...{ order_id: facts.order_id, process_id: facts.process_id, user_id: facts.user_id },
    ...{ percentage: expect.any(Number), step: 'exporting long (1 of 1)' },
  })
  expect(data.percentage).toBeGreaterThanOrEqual(1)
  expect(data.percentage).toBeLessThanOrEqual(99)
  const before = await world.get<ExportRecord>(user, `/exports/${facts.process_id}`)
  expect(before.body.data).toMatchObject({ state: 'running', files: [{ percentage: data.percentage, sha256: null }] })
  expect((await world.get(user, `/data?process_id=${facts.process_id}`)).status).toBe(404)

  await world.restart()
  mclass.calls.length = 0
  mclass.latencyMilliseconds = 0
  const finished = await world.host.broker.waitFor('export.finished', facts.order_id)
  const content = records.map(record => `${record}\n`).join('')
  expect(finished.data).toMatchObject({ records: 20_000, bytes: content.length })
  await world.deliver(facts)
  const file = await world.get(user, `/data?process_id=${facts.process_id}`, { Accept: 'application/x-ndjson' })
  expect(file.headers.get('etag')).toBe(`"${createHash('sha256').update(content).digest('hex')}"`)
  expect(file.text).toBe(content)
  const first = mclass.calls.find(path => path.includes('/records?'))
  expect(first).toMatch(/cursor=\d+/)
})

test('an outage of the cloud in the middle of an export only delays it', async () => {
  const user = world.signIn({ cloud: 'MCLASS' })
  mclass.latencyMilliseconds = 5
  const facts = world.factsFor(user, ['long'])
  await world.confirm(facts)
  await world.host.broker.waitFor('export.progressed', facts.order_id)
  const asked = mclass.calls.length
  mclass.outage = true
  await until(
    () => mclass.calls.length - asked,
    calls => calls >= 2,
  )
  mclass.outage = false
  mclass.latencyMilliseconds = 0
  const { data } = await world.host.broker.waitFor('export.finished', facts.order_id)
  expect(data.records).toBe(20_000)
})

test('a place that cannot be written to is tried again until it can', async () => {
  const user = world.signIn()
  const facts = world.factsFor(user, ['stocks'])
  // Where the account's folder should be is a file.
  await writeFile(world.localPath(facts.account), '')
  await world.confirm(facts)
  const timers = () => world.host.services[0]!.store.database.db.selectFrom('timers' as never).selectAll()
  const attempts = async () =>
    ((await timers().execute()) as { subject: string; attempt: number }[]).find(
      ({ subject }) => subject === facts.process_id,
    )?.attempt
  await until(attempts, attempt => attempt === 1)
  const troubled = (await world.get<ExportRecord>(user, `/exports/${facts.process_id}`)).body.data
  expect(troubled).toMatchObject({ state: 'running', reason: 'the cloud could not be worked with at the last try' })
  await rm(world.localPath(facts.account))
  world.host.clock.advance(60_000)
  await world.host.broker.waitFor('export.finished', facts.order_id)
  expect((await world.untilExport(user, facts.process_id, 'finished')).reason).toBeNull()
  expect(await readFile(world.localPath(facts.account, '.waybill', facts.process_id, 'stocks.ndjson'))).toHaveLength(
    30_148,
  )
})

test('and given up after a quarter of an hour, with a reason that tells nothing of our inside', async () => {
  const user = world.signIn()
  const facts = world.factsFor(user, ['stocks'])
  await writeFile(world.localPath(facts.account), '')
  await world.confirm(facts)
  const failed = world.host.broker.waitFor('export.failed', facts.order_id)
  const start = world.host.clock.now()
  await until(
    async () => {
      world.host.clock.advance(10_000)
      return (await world.get<ExportRecord>(user, `/exports/${facts.process_id}`)).body.data.state
    },
    state => state === 'failed',
  )
  expect(world.host.clock.now() - start).toBeGreaterThan(10 * 60_000)
  const { data } = await failed
  expect(data.reason).toMatch(/^LOCAL could not be worked with/)
  expect(data.reason).not.toContain('/')
})

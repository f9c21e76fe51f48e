// Processes of the data service that share their work out: one answers and hears of orders, the other takes only exports.
import { call, startFakePeer, startService, type TestHost, until } from '@waybill/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDataService } from '../src/data-service.ts'
import { DataWorld } from './data-world.ts'

let answering: DataWorld
let exporting: TestHost | undefined

beforeAll(async () => {
  const [order, payment] = [await startFakePeer(), await startFakePeer()]
  const options = { peerUrls: { order: order.url, payment: payment.url }, env: { WAYBILL_WORK: 'http' } }
  answering = new DataWorld(await startService([createDataService], options), order, payment)
})
afterAll(async () => {
  await exporting?.stop()
  await answering.stop()
})

const startExporting = () =>
  startService([createDataService], { beside: answering.host, env: { WAYBILL_WORK: 'export' } })

test('an export is begun by the process that takes exports and by no other, and its file is handed out by the other', async () => {
  const user = answering.signIn()
  const facts = answering.factsFor(user, ['cars', { dataset: 'stocks', format: 'csv' }])
  await answering.confirm(facts)
  // Other work that falls due is done: this process had every chance to begin the export, too.
  const timers = () => answering.host.query('data', 'select kind, due_at, claimed_by from timers')
  const dueOf = (rows: Record<string, unknown>[]) => rows.find(({ kind }) => kind === 'housekeeping')?.due_at
  const before = dueOf(await timers())
  answering.host.clock.advance(11 * 60_000)
  const after = await until(timers, rows => dueOf(rows) !== before)
  expect(after.find(({ kind }) => kind === 'run-export')).toMatchObject({ claimed_by: null })

  exporting = await startExporting()
  await answering.host.broker.waitFor('export.finished', facts.order_id)
  await answering.deliver(facts)
  const { status, body } = await answering.get<{ files: unknown[] }>(
    user,
    `/data/manifest?process_id=${facts.process_id}`,
  )
  expect(status).toBe(200)
  expect(body.data.files).toHaveLength(2)
})

test('an export that is ordered later is begun within a moment', async () => {
  exporting ??= await startExporting()
  const facts = answering.factsFor(answering.signIn(), ['cars'])
  await answering.confirm(facts)
  const orderedAt = performance.now()
  await answering.host.broker.waitFor('export.finished', facts.order_id)
  expect(performance.now() - orderedAt).toBeLessThan(900)
})

test('an export that is cancelled at the one is ended at the other, and nothing of it stays', async () => {
  exporting ??= await startExporting()
  const user = answering.signIn()
  await answering.put(user.principal.account, 'large.csv', `id,text\n${`1,${'a'.repeat(60)}\n`.repeat(2_000_000)}`)
  const facts = answering.factsFor(user, ['large'])
  await answering.confirm(facts)
  await until(
    () => answering.delivered(facts),
    files => files.length > 0,
  )
  await answering.cancel(facts)
  await until(
    () => answering.host.query('data', 'select kind from timers where subject = ?', facts.process_id),
    left => left.length === 0,
  )
  expect(await answering.delivered(facts)).toEqual([])
  expect((await answering.untilExport(user, facts.process_id, 'cancelled')).state).toBe('cancelled')
})

test('the process that takes exports serves health and metrics and nothing else', async () => {
  exporting ??= await startExporting()
  const { token } = answering.signIn({ role: 'operator' })
  const statuses = async (paths: string[]) =>
    Promise.all(paths.map(async path => (await call(exporting!.url, `GET ${path}`, { token })).status))
  expect(await statuses(['/healthz', '/readyz', '/metrics'])).toEqual([200, 200, 200])
  expect(await statuses(['/data', '/clouds', '/dead-letters', '/openapi.json'])).toEqual([404, 404, 404, 404])
})

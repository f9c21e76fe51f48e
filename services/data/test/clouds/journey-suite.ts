// Of the suite of clouds: what a user of such a cloud gets over HTTP, by the same tests as on LOCAL.
import type { CloudCheck, Dataset, ExportRecord, OrderConfirmed } from '@waybill/contracts'
import { call, until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataWorld, readAllPages, type SignedIn, startDataWorld } from '../data-world.ts'
import { type CloudSuite, checksum, lines, records } from './cloud-suite.ts'

interface Page {
  cloud: string
  as_of: string
  dataset: string
  records: unknown[]
}

const ndjson = { Accept: 'application/x-ndjson' }
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/)

export function describeJourney(suite: CloudSuite): void {
  describe('its users over HTTP', () => {
    let world: DataWorld
    let user: SignedIn
    const name = 'JOURNEY'

    const asOperator = <T>(verbAndPath: string, body?: unknown) =>
      call<T>(world.host.url, verbAndPath, { token: world.signIn({ role: 'operator' }).token, body })
    const check = async () => (await asOperator<CloudCheck>(`POST /clouds/${name}/check`)).body.data
    /** What cannot be written to has its deliveries in the service's own database. */
    const remains = async ({ account, process_id }: OrderConfirmed) =>
      suite.at.files
        ? suite.at.remains(account, process_id)
        : (await world.host.query('data', `select position from delivery_chunks where process_id = '${process_id}'`))
            .length
    const untilItAnswers = () =>
      until(
        () => world.get(user, '/data'),
        ({ status }) => status === 200,
      )

    beforeAll(async () => {
      world = await startDataWorld()
      const { settings, cloud } = suite.at
      const added = await asOperator('POST /clouds', {
        ...{ name, driver: cloud.name.toLowerCase(), mode: 'immediate', settings },
      })
      expect(added.body.data).toMatchObject({ name, enabled: true })
      user = world.signIn({ cloud: name, account: suite.account })
    })
    afterAll(() => world?.stop())

    test('an operator checks its settings, and is told what is wrong with them', async () => {
      expect(await check()).toMatchObject({ ok: true, detail: `logged in to ${name}`, datasets: expect.any(Number) })
      const { settings, wrongSettings, secrets = [] } = suite.at
      await asOperator(`PATCH /clouds/${name}`, { settings: wrongSettings })
      const refused = await check()
      expect(refused).toMatchObject({ ok: false, datasets: null })
      for (const secret of secrets) expect(refused.detail).not.toContain(secret)
      const { status, body } = await world.get(user, '/data')
      expect([status, body.code]).toEqual([502, 'CLOUD_REFUSED'])
      await asOperator(`PATCH /clouds/${name}`, { settings })
      expect((await check()).ok).toBe(true)
    })

    test('datasets and their pages are read at once', async () => {
      const { body } = await world.get<{ cloud: string; as_of: string; datasets: Dataset[] }>(user, '/data')
      expect(body.data).toMatchObject({ cloud: name, as_of: time })
      const people = body.data.datasets.find(dataset => dataset.name === 'people')
      expect(people).toEqual({ name: 'people', bytes: expect.any(Number), updated_at: time })
      const page = await world.get<Page>(user, '/data?dataset=people&limit=3')
      expect(page.body.data).toMatchObject({ cloud: name, dataset: 'people', as_of: time })
      expect(page.text).toContain(records(3).join(','))
      const all = await readAllPages(world, user, '/data?dataset=people', 60)
      expect(all).toEqual({ records: records(250).map(record => JSON.parse(record)), pages: 5 })
      const unknown = await world.get(user, '/data?dataset=nope')
      expect([unknown.status, unknown.body.code]).toEqual([404, 'DATASET_NOT_FOUND'])
    })

    test('a cursor of a dataset that has changed is refused', async ({ skip }) => {
      if (!suite.at.files) return skip('it has no files')
      await suite.at.put(suite.account, 'aging', records(9))
      const first = await world.get(user, '/data?dataset=aging&limit=4')
      await suite.at.put(suite.account, 'aging', records(10))
      const { body } = await world.get(user, `/data?dataset=aging&limit=4&cursor=${first.body.page?.next_cursor}`)
      expect(body.code).toBe('CURSOR_EXPIRED')
    })

    test('an order is exported and delivered: its manifest, pages, whole file, ranges and tag', async () => {
      const items = ['people', { dataset: 'empty', format: 'csv' as const }]
      const { process_id } = await world.exportAndDeliver(user, items)
      const content = lines(records(250))
      const path = `/data?process_id=${process_id}&dataset=people`
      const manifest = await world.get<{ cloud: string; files: unknown[] }>(
        user,
        `/data/manifest?process_id=${process_id}`,
      )
      expect(manifest.body.data).toMatchObject({ cloud: name, finished_at: time })
      expect(manifest.body.data.files[0]).toMatchObject({ records: 250, sha256: checksum(content) })

      const file = await world.get(user, path, ndjson)
      const etag = `"${checksum(content)}"`
      expect([file.status, file.text, file.headers.get('etag')]).toEqual([200, content, etag])
      expect(file.headers.get('content-length')).toBe(String(Buffer.byteLength(content)))
      const known = await world.get(user, path, { ...ndjson, 'If-None-Match': etag })
      expect([known.status, known.text]).toEqual([304, ''])
      const part = await world.get(user, path, { ...ndjson, Range: 'bytes=6-11', 'If-Range': etag })
      expect([part.status, part.text]).toEqual([206, Buffer.from(content).subarray(6, 12).toString()])
      const outside = await world.get(user, path, { ...ndjson, Range: 'bytes=99999999-' })
      expect(outside.body.code).toBe('RANGE_NOT_SATISFIABLE')
      expect((await readAllPages(world, user, path, 100)).records).toHaveLength(250)
      const empty = await world.get(user, `/data?process_id=${process_id}&dataset=empty`, { Accept: 'text/csv' })
      expect([empty.status, empty.text]).toEqual([200, ''])
    })

    test('an order for an unknown dataset fails, with a reason that names it', async () => {
      const facts = world.factsFor(user, ['no-such-thing'])
      await world.confirm(facts)
      const { reason } = await world.untilExport(user, facts.process_id, 'failed')
      expect(reason).toContain('no-such-thing')
    })

    test('a cancelled order leaves nothing behind', async () => {
      const facts = world.factsFor(user, ['long', 'people'])
      await world.confirm(facts)
      await until(
        () => remains(facts),
        count => count > 0,
      )
      await world.cancel(facts)
      await until(
        () => remains(facts),
        count => count === 0,
      )
      await world.untilExport(user, facts.process_id, 'cancelled')
    })

    test('by order only: nothing is read at once, deliveries are', async () => {
      await asOperator(`PATCH /clouds/${name}`, { mode: 'order' })
      for (const path of ['/data', '/data?dataset=people']) {
        expect((await world.get(user, path)).body.code).toBe('ORDER_REQUIRED')
      }
      const { process_id } = await world.exportAndDeliver(user, ['people'])
      const { text } = await world.get(user, `/data?process_id=${process_id}`, ndjson)
      expect(text).toBe(lines(records(250)))
      await asOperator(`PATCH /clouds/${name}`, { mode: 'immediate' })
    })

    test("somebody else's account is out of reach", async () => {
      const other = world.signIn({ cloud: name, account: uuidv7() })
      expect((await world.get(other, '/data?dataset=people')).body.code).toBe('DATASET_NOT_FOUND')
      for (const path of [`../${suite.account}/people`, `${suite.account}/people`, '.waybill']) {
        expect((await world.get(other, `/data?dataset=${encodeURIComponent(path)}`)).status).toBe(400)
      }
    })

    test('many users share its connections', async () => {
      const { gate } = suite.at
      if (!gate) return
      const before = gate.connections
      for (let round = 0; round < 10; round++) {
        const users = Array.from({ length: 5 }, () => world.signIn({ cloud: name, account: suite.account }))
        const replies = await Promise.all(users.map(one => world.get(one, '/data?dataset=people&limit=1')))
        expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
      }
      expect(gate.connections - before).toBeLessThanOrEqual(15)
    })

    test('an outage is told with a time to try again, and leaves other clouds alone; orders wait for its end', async () => {
      const { gate } = suite.at
      if (!gate) return
      await untilItAnswers()
      gate.outage = true
      const local = world.signIn()
      const [down, up] = await Promise.all([world.get(user, '/data'), world.get(local, '/data?dataset=cars')])
      expect([down.status, down.body.code, up.status]).toEqual([503, 'CLOUD_UNAVAILABLE', 200])
      expect(down.body.detail).toContain(name)
      expect(down.headers.get('retry-after')).toMatch(/^\d+$/)
      const facts = world.factsFor(user, ['people'])
      await world.confirm(facts)
      await world.exportAndDeliver(local, ['cars'])
      expect((await world.get<ExportRecord>(user, `/exports/${facts.process_id}`)).body.data.state).toBe('running')
      gate.outage = false
      await world.untilExport(user, facts.process_id, 'finished')
      await untilItAnswers()
    })
  })
}

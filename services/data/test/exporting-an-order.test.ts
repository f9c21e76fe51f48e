import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ExportRecord, Manifest } from '@waybill/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataWorld, startDataWorld } from './data-world.ts'

let world: DataWorld

beforeAll(async () => {
  world = await startDataWorld()
})
afterAll(() => world.stop())

describe('an order that is confirmed', () => {
  test('is exported: the file, its manifest and the fact agree', async () => {
    const user = world.signIn()
    const facts = await world.exportAndDeliver(user, ['airports'])
    const { data } = await world.host.broker.waitFor('export.finished', facts.order_id)
    const { order_id, process_id, user_id } = facts
    expect(data).toEqual({ order_id, process_id, user_id, files: 1, records: 3_376, bytes: data.bytes })

    const content = await readFile(world.localPath(facts.account, '.waybill', process_id, 'airports.ndjson'))
    expect(content.length).toBe(data.bytes)
    expect(content.toString().split('\n')).toHaveLength(3_377)
    const { body } = await world.get<Manifest>(user, `/data/manifest?process_id=${process_id}`)
    expect(body.data).toEqual({
      process_id,
      cloud: 'LOCAL',
      files: [
        {
          dataset: 'airports',
          format: 'ndjson',
          records: 3_376,
          bytes: content.length,
          sha256: createHash('sha256').update(content).digest('hex'),
        },
      ],
      finished_at: expect.any(String),
    })
  })

  test('may have many datasets, each in the format that was asked for, in the order of its items', async () => {
    const user = world.signIn()
    const facts = await world.exportAndDeliver(user, [
      { dataset: 'movies', format: 'csv' },
      { dataset: 'stocks', format: 'csv' },
      'cars',
    ])
    const { body } = await world.get<Manifest>(user, `/data/manifest?process_id=${facts.process_id}`)
    expect(body.data.files).toEqual([
      expect.objectContaining({ dataset: 'movies', format: 'csv', records: 3_201 }),
      expect.objectContaining({ dataset: 'stocks', format: 'csv', records: 560 }),
      expect.objectContaining({ dataset: 'cars', format: 'ndjson', records: 406 }),
    ])
    expect((await world.delivered(facts)).sort()).toEqual(['cars.ndjson', 'movies.csv', 'stocks.csv'])
    const stocks = await readFile(world.localPath(facts.account, '.waybill', facts.process_id, 'stocks.csv'), 'utf8')
    expect(stocks.startsWith('symbol,date,price\nMSFT,')).toBe(true)
  })

  test('is exported without progress being told, where it is quick', async () => {
    const facts = await world.exportAndDeliver(world.signIn(), ['weather'])
    const told = world.host.broker.published.filter(({ subject }) => subject === facts.order_id).map(({ type }) => type)
    expect(told).toEqual(['order.confirmed', 'export.finished', 'order.delivered'])
  })

  test('is exported once, however often and at the same time it is told', async () => {
    const user = world.signIn()
    const facts = world.factsFor(user, ['stocks'])
    const event = await world.confirm(facts)
    await Promise.all([world.host.broker.publish(event), world.host.broker.publish(event), world.confirm(facts)])
    await world.host.broker.waitFor('export.finished', facts.order_id)
    await world.deliver(facts)
    const finished = world.host.broker.published.filter(
      ({ type, subject }) => type === 'export.finished' && subject === facts.order_id,
    )
    expect(finished).toHaveLength(1)
  })

  test("takes the user's own dataset before the shared one", async () => {
    const user = world.signIn()
    await world.put(user.principal.account, 'cars.ndjson', '{"own":true}\n')
    const facts = await world.exportAndDeliver(user, ['cars'])
    const content = await readFile(world.localPath(facts.account, '.waybill', facts.process_id, 'cars.ndjson'), 'utf8')
    expect(content).toBe('{"own":true}\n')
  })

  test('an empty dataset is a delivery of no records', async () => {
    const user = world.signIn()
    await world.put(user.principal.account, 'nothing.json', '[]')
    const facts = await world.exportAndDeliver(user, ['nothing', { dataset: 'cars', format: 'csv' }])
    const { body } = await world.get<Manifest>(user, `/data/manifest?process_id=${facts.process_id}`)
    expect(body.data.files[0]).toEqual({
      dataset: 'nothing',
      format: 'ndjson',
      records: 0,
      bytes: 0,
      sha256: createHash('sha256').digest('hex'),
    })
  })
})

describe('an export that cannot be done', () => {
  test.each([
    ['an unknown dataset', 'nope', undefined, 'there is no dataset nope in LOCAL'],
    ['a row with a field too few', 'torn', ['csv', 'a,b\n1,2\n3\n'], 'torn.csv, line 3: 1 field, the header has 2'],
    ['a record that is no object', 'odd', ['ndjson', '{"a":1}\n[1]\n'], 'odd.ndjson, line 2: '],
    ['an array that is cut off', 'cut', ['json', '[{"a":1},\n{"a":'], 'cut.json, line 2: '],
  ] as const)(
    '%s fails it, with a reason that names it, and leaves nothing behind',
    async (_, dataset, file, reason) => {
      const user = world.signIn()
      if (file) await world.put(user.principal.account, `${dataset}.${file[0]}`, file[1])
      const facts = world.factsFor(user, ['stocks', dataset])
      await world.confirm(facts)
      const { data } = await world.host.broker.waitFor('export.failed', facts.order_id)
      expect(data.reason).toContain(reason)
      await world.cancel(facts)
      const record = await world.untilExport(user, facts.process_id, 'failed')
      expect(record.reason).toBe(data.reason)
      expect(record.files.map(({ sha256 }) => sha256)).toEqual([null, null])
      await expect.poll(() => world.delivered(facts)).toEqual([])
    },
  )

  test('a cloud that is not set up fails it', async () => {
    const facts = world.factsFor(world.signIn({ cloud: 'MCLASS' }), ['stocks'])
    await world.confirm(facts)
    const { data } = await world.host.broker.waitFor('export.failed', facts.order_id)
    expect(data.reason).toBe('the cloud MCLASS is not set up')
  })
})

describe('who may see an export', () => {
  test('its owner and operators; to others there is none', async () => {
    const user = world.signIn()
    const { process_id } = await world.exportAndDeliver(user, ['stocks'])
    for (const who of [user, world.signIn({ role: 'operator' })]) {
      const { status, body } = await world.get<ExportRecord>(who, `/exports/${process_id}`)
      expect(status).toBe(200)
      expect(body.data).toMatchObject({
        process_id,
        state: 'finished',
        reason: null,
        files: [{ dataset: 'stocks', format: 'ndjson', records: 560, percentage: 100, sha256: expect.any(String) }],
      })
    }
    for (const path of [`/exports/${process_id}`, `/data/manifest?process_id=${process_id}`]) {
      const other = await world.get(world.signIn(), path)
      expect([other.status, other.body.code]).toEqual([404, 'PROCESS_NOT_FOUND'])
      expect((await world.get(undefined, path)).status).toBe(401)
    }
  })

  test('a process that nobody knows is not found, one that is no id is refused', async () => {
    expect((await world.get(world.signIn(), '/exports/01890000-0000-7000-8000-000000000000')).status).toBe(404)
    expect((await world.get(world.signIn(), '/exports/1')).status).toBe(400)
    expect((await world.get(world.signIn(), '/data/manifest')).status).toBe(400)
  })
})

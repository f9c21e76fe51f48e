// Datasets that lie gzipped in a cloud: they are read and exported as what is packed in them.
import { randomBytes } from 'node:crypto'
import { readFile, rename } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { Manifest } from '@waybill/contracts'
import { until } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataWorld, readAllPages, type SignedIn, startDataWorld } from './data-world.ts'

const count = 1_000
const csv = `id,name\n${Array.from({ length: count }, (_, id) => `${id},"name, ${id}"\n`).join('')}`
const asRecords = Array.from({ length: count }, (_, id) => ({ id: String(id), name: `name, ${id}` }))
const asNdjson = asRecords.map(record => `${JSON.stringify(record)}\n`).join('')
const files: [file: string, content: string | Buffer][] = [
  ['table.csv.gz', gzipSync(csv)],
  ['lines.ndjson.gz', gzipSync(asNdjson)],
  ['more.jsonl.gz', gzipSync(asNdjson)],
  ['list.json.gz', gzipSync(JSON.stringify(asRecords))],
  ['members.ndjson.gz', Buffer.concat([asNdjson.slice(0, 777), asNdjson.slice(777)].map(part => gzipSync(part)))],
]
let world: DataWorld
let user: SignedIn

beforeAll(async () => {
  world = await startDataWorld()
  user = world.signIn()
  for (const [file, content] of files) await world.put(user.principal.account, file, content)
})
afterAll(() => world.stop())

const datasetOf = (file: string) => file.slice(0, file.indexOf('.'))

async function exported(dataset: string, format: 'ndjson' | 'csv' = 'ndjson'): Promise<string> {
  const { process_id } = await world.exportAndDeliver(user, [{ dataset, format }])
  const accept = format === 'csv' ? 'text/csv' : 'application/x-ndjson'
  return (await world.get(user, `/data?process_id=${process_id}`, { Accept: accept })).text
}

describe('a gzipped dataset', () => {
  test.each(files.map(([file]) => file))('%s is listed, paged through and exported like any other', async file => {
    const dataset = datasetOf(file)
    const { body } = await world.get<{ datasets: { name: string }[] }>(user, '/data')
    expect(body.data.datasets.map(({ name }) => name)).toContain(dataset)
    const { records, pages } = await readAllPages(world, user, `/data?dataset=${dataset}`, 70)
    expect(records).toEqual(asRecords)
    expect(pages).toBe(Math.ceil(count / 70))
    expect(await exported(dataset)).toBe(asNdjson)
  })

  test('becomes CSV, with the keys of its records as columns', async () => {
    expect(await exported('lines', 'csv')).toBe(csv)
    expect(await exported('table', 'csv')).toBe(csv)
  })

  test('gives way to a file that is not packed', async () => {
    const other = world.signIn()
    await world.put(other.principal.account, 'twice.csv.gz', gzipSync('a\npacked\n'))
    await world.put(other.principal.account, 'twice.json', '[{"a":"plain"}]')
    const { body } = await world.get<{ records: unknown[] }>(other, '/data?dataset=twice')
    expect(body.data.records).toEqual([{ a: 'plain' }])
  })

  test.each([
    ['cut off', gzipSync(csv).subarray(0, 2_000)],
    ['damaged', Buffer.concat([gzipSync(csv).subarray(0, 2_000), randomBytes(2_000)])],
    ['no gzip file', Buffer.from(csv)],
    ['empty', Buffer.alloc(0)],
  ])('that is %s is refused by its name', async (_, content) => {
    const other = world.signIn()
    await world.put(other.principal.account, 'broken.csv.gz', content)
    const { status, body } = await world.get(other, '/data?dataset=broken&limit=100')
    const isReadInPart = status === 200
    if (!isReadInPart)
      expect([status, body.code, body.detail]).toEqual([
        502,
        'CLOUD_REFUSED',
        expect.stringMatching(/^broken\.csv\.gz/),
      ])
    const facts = world.factsFor(other, ['broken'])
    await world.confirm(facts)
    const { data } = await world.host.broker.waitFor('export.failed', facts.order_id)
    expect(data.reason).toMatch(/^broken\.csv\.gz/)
  })

  test('is paged through in its first 16 MiB; behind them an order is needed, which has all of it', async () => {
    const other = world.signIn()
    const line = `{"text":"${'a'.repeat(1_000_000)}"}\n`
    const large = line.repeat(20)
    await world.put(other.principal.account, 'large.ndjson.gz', gzipSync(large))
    let cursor = ''
    let read = 0
    for (;;) {
      const { status, body } = await world.get<{ records: unknown[] }>(other, `/data?dataset=large&limit=3${cursor}`)
      if (status !== 200) {
        expect([status, body.code]).toEqual([409, 'ORDER_REQUIRED'])
        expect(body.detail).toMatch(/^large\.ndjson\.gz is compressed .* first 16 MiB only: POST \/user\/order/)
        break
      }
      read += body.data.records.length
      cursor = `&cursor=${body.page!.next_cursor}`
    }
    expect(read).toBe(18)
    const facts = await world.exportAndDeliver(other, ['large'])
    const { body } = await world.get<Manifest>(other, `/data/manifest?process_id=${facts.process_id}`)
    expect(body.data.files[0]).toMatchObject({ records: 20, bytes: large.length })
  })

  test('goes on at its checkpoint after a restart, with the right file, and says how far it is', async () => {
    const other = world.signIn()
    const { account } = other.principal
    const content = Array.from({ length: 1_500_000 }, (_, id) => `{"id":${id},"text":"${'b'.repeat(60)}"}\n`).join('')
    await world.put(account, 'long.ndjson.gz', gzipSync(content, { level: 1 }))
    const facts = world.factsFor(other, ['long'])
    await world.confirm(facts)
    const rows = () =>
      world.host.query('data', 'select checkpoint, percentage from export_files where process_id = ?', facts.process_id)
    await until(rows, ([row]) => row?.checkpoint != null)
    await world.restart()
    await world.host.broker.waitFor('export.finished', facts.order_id)
    const delivered = await readFile(world.localPath(account, '.waybill', facts.process_id, 'long.ndjson'), 'utf8')
    expect(delivered === content).toBe(true)
  })

  test('that is replaced while it is read is begun anew', async () => {
    const other = world.signIn()
    const { account } = other.principal
    const linesOf = (letter: string) => gzipSync(`{"text":"${letter.repeat(60)}"}\n`.repeat(1_500_000), { level: 1 })
    await world.put(account, 'moving.ndjson.gz', linesOf('a'))
    await world.put(account, 'next.tmp', linesOf('b'))
    const facts = world.factsFor(other, ['moving'])
    await world.confirm(facts)
    await until(
      () => world.delivered(facts),
      found => found.length > 0,
    )
    await rename(world.localPath(account, 'next.tmp'), world.localPath(account, 'moving.ndjson.gz'))
    await world.host.broker.waitFor('export.finished', facts.order_id)
    const path = world.localPath(account, '.waybill', facts.process_id, 'moving.ndjson')
    expect(new Set((await readFile(path, 'latin1')).match(/(?<=")[ab](?=[ab]{59}")/g)).size).toBe(1)
  })
})

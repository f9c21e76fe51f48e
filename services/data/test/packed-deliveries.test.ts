// Deliveries that were ordered packed: what is stored, how it is had over HTTP, and its pages.
import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import type { Compression, Manifest, OrderConfirmed } from '@waybill/contracts'
import { call } from '@waybill/platform/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataWorld, readAllPages, type SignedIn, startDataWorld } from './data-world.ts'
import { unpacked } from './unpacked.ts'

const kinds: [Compression, type: string, ending: string][] = [
  ['gzip', 'application/gzip', 'gz'],
  ['zstd', 'application/zstd', 'zst'],
]
let world: DataWorld
let user: SignedIn

beforeAll(async () => {
  world = await startDataWorld()
  user = world.signIn()
  await world.put(user.principal.account, 'large.ndjson', large)
})
afterAll(() => world.stop())

// Some MiB that do not pack well: several members.
const rows = 6_000
const large = Array.from(
  { length: rows },
  (_, id) => `{"id":${id},"text":"${randomBytes(300).toString('base64')}"}\n`,
).join('')
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function bytesOf(path: string, headers: Record<string, string>) {
  const response = await fetch(`${world.host.url}${path}`, {
    headers: { Authorization: `Bearer ${user.token}`, ...headers },
  })
  return { response, bytes: Buffer.from(await response.arrayBuffer()) }
}

async function manifestOf({ process_id }: OrderConfirmed): Promise<Manifest> {
  return (await world.get<Manifest>(user, `/data/manifest?process_id=${process_id}`)).body.data
}

const storedPath = ({ account, process_id }: OrderConfirmed, name: string) =>
  world.localPath(account, '.waybill', process_id, name)

test('one order has files of each kind side by side, and says of each what is stored', async () => {
  const facts = await world.exportAndDeliver(user, [
    { dataset: 'cars', format: 'ndjson' },
    { dataset: 'stocks', format: 'csv', compression: 'gzip' },
    { dataset: 'movies', format: 'ndjson', compression: 'zstd' },
  ])
  const plain = await world.exportAndDeliver(user, [{ dataset: 'stocks', format: 'csv' }, 'movies'])
  const [stocks, movies] = (await manifestOf(plain)).files
  const { files } = await manifestOf(facts)
  expect(Object.keys(files[0]!)).toEqual(['dataset', 'format', 'records', 'bytes', 'sha256'])
  expect(files.map(({ dataset, format, compression, records }) => [dataset, format, compression, records])).toEqual([
    ['cars', 'ndjson', undefined, 406],
    ['stocks', 'csv', 'gzip', stocks!.records],
    ['movies', 'ndjson', 'zstd', movies!.records],
  ])
  expect((await world.delivered(facts)).sort()).toEqual(['cars.ndjson', 'movies.ndjson.zst', 'stocks.csv.gz'])
  for (const [name, file, whole] of [
    ['stocks.csv.gz', files[1]!, stocks!],
    ['movies.ndjson.zst', files[2]!, movies!],
  ] as const) {
    const stored = await readFile(storedPath(facts, name))
    expect([stored.length, sha256(stored)]).toEqual([file.bytes, file.sha256])
    expect(stored.length).toBeLessThan(whole.bytes / 3)
    expect(sha256(unpacked(file.compression!, stored))).toBe(whole.sha256)
  }
  const { body } = await world.get<{ files: { compression?: string }[] }>(user, `/exports/${facts.process_id}`)
  expect(body.data.files.map(({ compression }) => compression)).toEqual([undefined, 'gzip', 'zstd'])
})

describe.each(kinds)('a delivery packed with %s', (compression, type, ending) => {
  let facts: OrderConfirmed
  let path: string

  beforeAll(async () => {
    facts = await world.exportAndDeliver(user, [{ dataset: 'large', format: 'ndjson', compression }])
    path = `/data?process_id=${facts.process_id}`
  })

  test('comes as it is stored, with its length, tag and parts', async () => {
    const [file] = (await manifestOf(facts)).files
    const { response, bytes } = await bytesOf(path, { Accept: type })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(type)
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="large.ndjson.${ending}"`)
    expect(Number(response.headers.get('content-length'))).toBe(file!.bytes)
    expect([bytes.length, sha256(bytes)]).toEqual([file!.bytes, file!.sha256])
    expect(unpacked(compression, bytes).equals(Buffer.from(large))).toBe(true)
    const etag = response.headers.get('etag')!
    expect(etag).toBe(`"${file!.sha256}"`)
    const known = await bytesOf(path, { Accept: type, 'If-None-Match': etag })
    expect([known.response.status, known.bytes.length]).toEqual([304, 0])
    const part = await bytesOf(path, { Accept: type, Range: 'bytes=1000-1999', 'If-Range': etag })
    expect([part.response.status, part.response.headers.get('content-range')]).toEqual([
      206,
      `bytes 1000-1999/${file!.bytes}`,
    ])
    expect(part.bytes.equals(bytes.subarray(1_000, 2_000))).toBe(true)
    const outside = await bytesOf(path, { Accept: type, Range: `bytes=${file!.bytes}-` })
    expect(outside.response.status).toBe(416)
  })

  test('comes unpacked to whoever asks for its format, whole and under a tag of its own', async () => {
    const headers = { Accept: 'application/x-ndjson' }
    const { response, bytes } = await bytesOf(path, { ...headers, Range: 'bytes=0-9' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="large.ndjson"')
    expect([response.headers.get('content-length'), response.headers.get('accept-ranges')]).toEqual([null, 'none'])
    expect(bytes.equals(Buffer.from(large))).toBe(true)
    const etag = response.headers.get('etag')!
    const [file] = (await manifestOf(facts)).files
    expect(etag).not.toBe(`"${file!.sha256}"`)
    const known = await bytesOf(path, { ...headers, 'If-None-Match': etag })
    expect([known.response.status, known.bytes.length]).toEqual([304, 0])
    const head = await call(world.host.url, `HEAD ${path}`, { token: user.token, headers })
    expect([head.status, head.headers.get('etag'), head.text]).toEqual([200, etag, ''])
  })

  test.each([
    ['*/*', 'application/json; charset=utf-8'],
    ['application/*', 'application/json; charset=utf-8'],
    [`${type}, application/x-ndjson;q=0.5`, type],
    [`application/x-ndjson, ${type};q=0.5`, 'application/x-ndjson; charset=utf-8'],
  ])('Accept: %s gets %s', async (accept, expected) => {
    const { response } = await bytesOf(`${path}&limit=1`, { Accept: accept })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, expected])
  })

  test('is not to be had as anything else', async () => {
    const other = compression === 'gzip' ? 'application/zstd' : 'application/gzip'
    for (const accept of [other, 'text/csv']) {
      const { status, body } = await world.get(user, path, { Accept: accept })
      expect([status, body.code]).toEqual([406, 'NOT_ACCEPTABLE'])
      expect(body.detail).toBe(
        `the file is ${type}: accept that, application/x-ndjson to have it unpacked, or application/json for pages of records`,
      )
    }
  })

  test('is paged through from its first record to its last', async () => {
    const { records } = await readAllPages(world, user, path, 100)
    expect(records.map(record => `${JSON.stringify(record)}\n`).join('') === large).toBe(true)
  })

  test('has pages that begin in the member where the one before ended, and nowhere before it', async () => {
    const own = await world.exportAndDeliver(user, [{ dataset: 'large', format: 'ndjson', compression }])
    const at = `/data?process_id=${own.process_id}&limit=100`
    let cursor = ''
    for (let page = 0; page < 40; page++) {
      cursor = `&cursor=${(await world.get(user, at + cursor)).body.page!.next_cursor}`
    }
    const stored = storedPath(own, `large.ndjson.${ending}`)
    const bytes = await readFile(stored)
    await writeFile(stored, Buffer.concat([Buffer.alloc(1_000), bytes.subarray(1_000)]))
    const { status, body } = await world.get<{ records: { id: number }[] }>(user, at + cursor)
    expect([status, body.data.records[0]?.id]).toEqual([200, 4_000])
    const first = await world.get(user, at)
    expect([first.status, first.body.code]).toEqual([502, 'CLOUD_REFUSED'])
    expect(first.body.detail).toMatch(new RegExp(`^large.ndjson.${ending} is damaged: at byte 0 `))
  })

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut off', bytes => bytes.subarray(0, -5)],
    [
      'changed in one bit',
      bytes => Buffer.from(bytes).fill(bytes.at(-500)! ^ 1, bytes.length - 500, bytes.length - 499),
    ],
  ])('that is %s in its cloud never looks whole when it is unpacked', async (_, spoil) => {
    const own = await world.exportAndDeliver(user, [{ dataset: 'large', format: 'ndjson', compression }])
    const stored = storedPath(own, `large.ndjson.${ending}`)
    await writeFile(stored, spoil(await readFile(stored)))
    await expect(bytesOf(`/data?process_id=${own.process_id}`, { Accept: 'application/x-ndjson' })).rejects.toThrow(
      'terminated',
    )
  })

  test('of CSV has pages of its rows, and of nothing is a file of nothing', async () => {
    const stocks = await world.exportAndDeliver(user, [{ dataset: 'stocks', format: 'csv', compression }])
    const { records } = await readAllPages(world, user, `/data?process_id=${stocks.process_id}`, 99)
    expect([records.length, records.at(-1)]).toEqual([560, { symbol: 'AAPL', date: 'Mar 1 2010', price: '223.02' }])

    await world.put(user.principal.account, 'nothing.ndjson', '')
    const nothing = await world.exportAndDeliver(user, [{ dataset: 'nothing', format: 'ndjson', compression }])
    const at = `/data?process_id=${nothing.process_id}`
    const { bytes } = await bytesOf(at, { Accept: type })
    expect([bytes.length > 0, unpacked(compression, bytes).length]).toEqual([true, 0])
    expect((await bytesOf(at, { Accept: 'application/x-ndjson' })).bytes.length).toBe(0)
    expect((await readAllPages(world, user, at, 10)).records).toEqual([])
  })
})

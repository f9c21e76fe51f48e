// Datasets that lie in a cloud as Parquet: their rows are read and exported as records, with no value changed.
import { rename } from 'node:fs/promises'
import type { Manifest } from '@waybill/contracts'
import type { ColumnSource } from 'hyparquet-writer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataWorld, readAllPages, type SignedIn, startDataWorld } from './data-world.ts'
import { parquet, parquetOf } from './parquet-files.ts'

const count = 1_000
const range = Array.from({ length: count }, (_, id) => id)
const plain = range.map(id => ({ id, text: `row "${id}" – ${'ü'.repeat(id % 30)}` }))
const plainNdjson = plain.map(record => `${JSON.stringify(record)}\n`).join('')
let world: DataWorld
let user: SignedIn

beforeAll(async () => {
  world = await startDataWorld()
  user = world.signIn()
})
afterAll(() => world.stop())

async function exported(dataset: string, { format = 'ndjson' as 'ndjson' | 'csv', by = user } = {}): Promise<string> {
  const { process_id } = await world.exportAndDeliver(by, [{ dataset, format }])
  const accept = format === 'csv' ? 'text/csv' : 'application/x-ndjson'
  return (await world.get(by, `/data?process_id=${process_id}`, { Accept: accept })).text
}

/** What GET /data answers for a dataset of one page, as it was written. */
async function firstPage(dataset: string): Promise<string> {
  const { text } = await world.get(user, `/data?dataset=${dataset}&limit=100`)
  return /"records":(\[.*\])\},"page"/s.exec(text)![1]!
}

async function refusalOf(content: Buffer): Promise<string> {
  const other = world.signIn()
  await world.put(other.principal.account, 'broken.parquet', content)
  const { status, body } = await world.get(other, '/data?dataset=broken&limit=100')
  expect([status, body.code]).toEqual([502, 'CLOUD_REFUSED'])
  const facts = world.factsFor(other, ['broken'])
  await world.confirm(facts)
  const { data } = await world.host.broker.waitFor('export.failed', facts.order_id)
  expect(data.reason).toBe(body.detail)
  return data.reason
}

describe('a Parquet dataset', () => {
  test.each([
    ['in several row groups and pages', { rowGroupSize: 300, pageSize: 1_000 }],
    ['packed with gzip', { codec: 'GZIP' as const, rowGroupSize: 300, pageSize: 1_000 }],
    ['packed with Zstandard', { codec: 'ZSTD' as const, rowGroupSize: 300, pageSize: 1_000 }],
    ['not packed', { codec: 'UNCOMPRESSED' as const, rowGroupSize: 300, pageSize: 1_000 }],
    ['in one page', { rowGroupSize: count }],
  ])('%s is listed, paged through and exported like any other', async (_, options) => {
    const other = world.signIn()
    await world.put(other.principal.account, 'table.parquet', parquetOf(plain, options))
    const { body } = await world.get<{ datasets: { name: string }[] }>(other, '/data')
    expect(body.data.datasets.map(({ name }) => name)).toContain('table')
    const { records, pages } = await readAllPages(world, other, '/data?dataset=table', 70)
    expect(records).toEqual(plain)
    expect(pages).toBe(Math.ceil(count / 70))
    expect(await exported('table', { by: other })).toBe(plainNdjson)
  })

  test('without offset indexes, with dictionaries and nulls, is paged through as well', async () => {
    const columns: ColumnSource[] = [
      {
        name: 'word',
        data: range.map(id => (id % 3 === 0 ? null : `word ${id % 7}`)),
        type: 'STRING',
        offsetIndex: false,
      },
      { name: 'id', data: Int32Array.from(range), type: 'INT32', encoding: 'DELTA_BINARY_PACKED', offsetIndex: false },
    ]
    await world.put(user.principal.account, 'words.parquet', parquet(columns, { rowGroupSize: 400, pageSize: 200 }))
    const expected = range.map(id => ({ word: id % 3 === 0 ? null : `word ${id % 7}`, id }))
    expect((await readAllPages(world, user, '/data?dataset=words', 99)).records).toEqual(expected)
  })

  test('becomes CSV with all of its columns, also those that have no value', async () => {
    const columns: ColumnSource[] = [
      { name: 'none', data: [null, null], type: 'STRING' },
      { name: 'a, b', data: ['x "y"', ''], type: 'STRING' },
    ]
    await world.put(user.principal.account, 'columns.parquet', parquet(columns))
    expect(await exported('columns', { format: 'csv' })).toBe('none,"a, b"\n,"x ""y"""\n,""\n')
  })

  test('gives way to a file that is not packed', async () => {
    const other = world.signIn()
    await world.put(other.principal.account, 'twice.parquet', parquetOf(plain))
    await world.put(other.principal.account, 'twice.json', '[{"a":"plain"}]')
    const { body } = await world.get<{ records: unknown[] }>(other, '/data?dataset=twice')
    expect(body.data.records).toEqual([{ a: 'plain' }])
  })

  test('of no rows is an empty page, and an export of no records', async () => {
    await world.put(user.principal.account, 'nothing.parquet', parquetOf([], { rowGroupSize: 10 }))
    const { body } = await world.get<{ records: unknown[] }>(user, '/data?dataset=nothing')
    expect([body.data.records, body.page?.next_cursor]).toEqual([[], null])
    expect(await exported('nothing')).toBe('')
  })

  test('that is replaced between two pages says so, and is paged through anew', async () => {
    const { account } = user.principal
    await world.put(account, 'moving.parquet', parquetOf(plain))
    const { body } = await world.get(user, '/data?dataset=moving&limit=5')
    await world.put(account, 'next.tmp', parquetOf(plain.slice(500)))
    await rename(world.localPath(account, 'next.tmp'), world.localPath(account, 'moving.parquet'))
    const next = await world.get(user, `/data?dataset=moving&limit=5&cursor=${body.page!.next_cursor}`)
    expect(next.body.code).toBe('CURSOR_EXPIRED')
    const again = await world.get<{ records: unknown[] }>(user, '/data?dataset=moving&limit=1')
    expect(again.body.data.records).toEqual([plain[500]])
  })
})

describe('a value of a Parquet file', () => {
  const scalars: [
    what: string,
    element: Omit<Parameters<typeof oneColumn>[0], 'name'>,
    values: unknown[],
    json: string,
  ][] = [
    [
      'a text',
      { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      ['ä "\\"\n\u0001', '', null],
      '["ä \\"\\\\\\"\\n\\u0001","",null]',
    ],
    ['a truth value', { type: 'BOOLEAN' }, [true, false, null], '[true,false,null]'],
    ['a long integer', { type: 'INT64' }, [9007199254740993n, -(2n ** 63n)], '[9007199254740993,-9223372036854775808]'],
    [
      'an integer without a sign',
      { type: 'INT64', converted_type: 'UINT_64' },
      [2n ** 64n - 1n],
      '[18446744073709551615]',
    ],
    [
      'a floating-point number',
      { type: 'DOUBLE' },
      [0.1, -0, 1e300, NaN, -Infinity],
      '[0.1,-0,1e+300,"NaN","-Infinity"]',
    ],
    [
      'a decimal of an integer',
      { type: 'INT64', converted_type: 'DECIMAL', precision: 18, scale: 4 },
      [-5n, 9007199254740993n],
      '[-0.0005,900719925474.0993]',
    ],
    [
      'a decimal of bytes',
      { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', precision: 38, scale: 2 },
      [-12345678901234567890n, 0n],
      '[-123456789012345678.90,0.00]',
    ],
    [
      'a date',
      { type: 'INT32', converted_type: 'DATE' },
      [new Date('2024-02-29'), new Date('1815-12-10')],
      '["2024-02-29","1815-12-10"]',
    ],
    [
      'a time of milliseconds',
      { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
      [new Date(-1)],
      '["1969-12-31T23:59:59.999Z"]',
    ],
    [
      'a time of microseconds',
      { type: 'INT64', logical_type: { type: 'TIMESTAMP', unit: 'MICROS', isAdjustedToUTC: true } },
      [-1n, 1_700_000_000_123_456n],
      '["1969-12-31T23:59:59.999999Z","2023-11-14T22:13:20.123456Z"]',
    ],
    [
      'a local time',
      { type: 'INT64', logical_type: { type: 'TIMESTAMP', unit: 'NANOS', isAdjustedToUTC: false } },
      [1_700_000_000_123_456_789n],
      '["2023-11-14T22:13:20.123456789"]',
    ],
    [
      'a time of day',
      { type: 'INT64', logical_type: { type: 'TIME', unit: 'MICROS', isAdjustedToUTC: false } },
      [86_399_999_999n],
      '["23:59:59.999999"]',
    ],
    [
      'a UUID',
      { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
      ['01890a5d-ac96-774b-bcce-b302099a8057'],
      '["01890a5d-ac96-774b-bcce-b302099a8057"]',
    ],
    ['JSON', { type: 'BYTE_ARRAY', converted_type: 'JSON' }, [{ a: [1, null] }], '[{"a":[1,null]}]'],
    ['bytes', { type: 'BYTE_ARRAY' }, [new Uint8Array([0, 255, 1])], '["AP8B"]'],
  ]

  function oneColumn(element: Record<string, unknown> & { name: string }, values: unknown[]): Buffer {
    const schema = [
      { name: 'root', num_children: 1 },
      { repetition_type: 'OPTIONAL', ...element },
    ]
    return parquet([{ name: element.name, data: values }], { schema: schema as never })
  }

  test.each(scalars)('that is %s arrives exact', async (what, element, values, json) => {
    const dataset = what.replaceAll(' ', '-')
    await world.put(user.principal.account, `${dataset}.parquet`, oneColumn({ name: 'v', ...element }, values))
    const expected = json.slice(1, -1)
    const page = await firstPage(dataset)
    expect(page.slice(1, -1).replaceAll(/\{"v":(.*?)\}(?=,\{"v"|$)/gs, '$1')).toBe(expected)
    expect(
      (await exported(dataset))
        .trimEnd()
        .split('\n')
        .map(line => line.slice('{"v":'.length, -1))
        .join(),
    ).toBe(expected)
  })

  test('that is nested arrives as lists and objects, as deep as it is, over the ends of pages and row groups', async () => {
    const records = range.map(id => ({
      id,
      tags: id % 4 === 0 ? null : Array.from({ length: id % 4 }, (_, at) => (at === 1 ? null : `tag ${at}`)),
      place:
        id % 5 === 0
          ? null
          : {
              lat: id / 8,
              names:
                id % 2
                  ? []
                  : [
                      { lang: 'de', name: `Ort ${id}` },
                      { lang: null, name: null },
                    ],
            },
      scores: id % 3 === 0 ? {} : { one: id, two: null },
    }))
    const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' }
    const list = (name: string) => [
      { name, num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
      { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    ]
    const schema = [
      { name: 'root', num_children: 4 },
      { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
      ...list('tags'),
      { name: 'element', ...text, repetition_type: 'OPTIONAL' },
      { name: 'place', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'lat', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
      ...list('names'),
      { name: 'element', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'lang', ...text, repetition_type: 'OPTIONAL' },
      { name: 'name', ...text, repetition_type: 'OPTIONAL' },
      { name: 'scores', num_children: 1, converted_type: 'MAP', repetition_type: 'OPTIONAL' },
      { name: 'key_value', num_children: 2, repetition_type: 'REPEATED' },
      { name: 'key', ...text, repetition_type: 'REQUIRED' },
      { name: 'value', type: 'INT32', repetition_type: 'OPTIONAL' },
    ]
    const columns = (['id', 'tags', 'place', 'scores'] as const).map(name => ({
      name,
      data: records.map(it => it[name]),
    }))
    const file = parquet(columns as ColumnSource[], { schema: schema as never, rowGroupSize: 300, pageSize: 500 })
    await world.put(user.principal.account, 'nested.parquet', file)
    expect(await exported('nested')).toBe(records.map(record => `${JSON.stringify(record)}\n`).join(''))
    expect((await readAllPages(world, user, '/data?dataset=nested', 100)).records).toEqual(records)
  })
})

describe('a file that cannot be read', () => {
  const whole = parquetOf(plain, { codec: 'ZSTD' })
  const spoilt = Buffer.from(whole).fill(0xaa, 4, whole.length / 2)

  test.each([
    ['is cut off', whole.subarray(0, 2_000)],
    ['is damaged', spoilt],
    ['is no Parquet file', Buffer.from('id,text\n1,a\n')],
    ['is empty', Buffer.alloc(0)],
  ])('because it %s is refused by its name', async (_, content) => {
    expect(await refusalOf(content)).toMatch(/^broken\.parquet is no Parquet file that can be read: /)
  })

  test('because it is encrypted, or has two columns of one name, is refused with that reason', async () => {
    const encrypted = Buffer.from(whole)
    encrypted.write('PARE', encrypted.length - 4)
    expect(await refusalOf(encrypted)).toMatch(/: it is encrypted$/)
    const columns: ColumnSource[] = [1, 2].map(value => ({ name: 'same', data: [value], type: 'INT32' }))
    expect(await refusalOf(parquet(columns))).toMatch(/: two of its columns have one name$/)
  })

  test('because its pages are too large is refused with what helps; below that it takes an order', async () => {
    const letter = 'a'.repeat(1_000_000)
    const mebibytes = (many: number) =>
      parquetOf(
        Array.from({ length: many }, (_, id) => ({ id, text: `${id} ${letter}` })),
        { pageSize: 1_000_000_000, codec: 'ZSTD' },
      )
    const other = world.signIn()
    const { account } = other.principal
    await world.put(account, 'large.parquet', mebibytes(34))
    const { status, body } = await world.get(other, '/data?dataset=large&limit=1')
    expect([status, body.code]).toEqual([409, 'ORDER_REQUIRED'])
    expect(body.detail).toMatch(/^large\.parquet cannot be paged through: its pages unpack to .* smaller pages/)
    const { process_id } = await world.exportAndDeliver(other, ['large'])
    const manifest = await world.get<Manifest>(other, `/data/manifest?process_id=${process_id}`)
    expect(manifest.body.data.files[0]).toMatchObject({ records: 34 })
    await world.put(account, 'larger.parquet', mebibytes(70))
    const facts = world.factsFor(other, ['larger'])
    await world.confirm(facts)
    const { data } = await world.host.broker.waitFor('export.failed', facts.order_id)
    expect(data.reason).toMatch(
      /^larger\.parquet cannot be read: its pages unpack to 6\d MiB or more .* write it with smaller pages/,
    )
  })
})

import type { OrderConfirmed } from '@waybill/contracts'
import { call } from '@waybill/platform/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DataWorld, readAllPages, type SignedIn, startDataWorld } from './data-world.ts'

let world: DataWorld
let user: SignedIn
/** Two datasets, delivered. */
let both: OrderConfirmed
/** One dataset, delivered. */
let one: OrderConfirmed

beforeAll(async () => {
  world = await startDataWorld()
  user = world.signIn()
  both = await world.exportAndDeliver(user, ['cars', { dataset: 'stocks', format: 'csv' }])
  one = await world.exportAndDeliver(user, ['movies'])
})
afterAll(() => world.stop())

const ndjson = { Accept: 'application/x-ndjson' }
const csv = { Accept: 'text/csv' }

describe('pages of a delivery', () => {
  test.each([undefined, 'application/json', '*/*', 'application/*', 'text/html, */*;q=0.1'])(
    'Accept: %s gets a page of records',
    async accept => {
      const path = `/data?process_id=${one.process_id}&limit=2`
      const { status, body } = await world.get<{ records: unknown[] }>(user, path, accept ? { Accept: accept } : {})
      expect(status).toBe(200)
      expect(body.data).toEqual({
        cloud: 'LOCAL',
        dataset: 'movies',
        as_of: expect.any(String),
        records: [expect.objectContaining({ Title: 'The Land Girls' }), expect.any(Object)],
      })
      expect(body.page?.next_cursor).toEqual(expect.any(String))
    },
  )

  test('all pages are all records, of CSV too', async () => {
    const movies = await readAllPages(world, user, `/data?process_id=${one.process_id}`, 100)
    expect(movies.records).toHaveLength(3_201)
    const stocks = await readAllPages(world, user, `/data?process_id=${both.process_id}&dataset=stocks`, 99)
    expect(stocks.records).toHaveLength(560)
    expect(stocks.records.at(-1)).toEqual({ symbol: 'AAPL', date: 'Mar 1 2010', price: '223.02' })
  })

  test('a delivery of several datasets asks for one of them', async () => {
    const { status, body } = await world.get(user, `/data?process_id=${both.process_id}`)
    expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
    expect(body.errors).toEqual([{ field: 'dataset', message: expect.stringContaining('cars, stocks') }])
  })

  test('a dataset that was not ordered is not found', async () => {
    const { status, body } = await world.get(user, `/data?process_id=${both.process_id}&dataset=movies`)
    expect([status, body.code]).toEqual([404, 'DATASET_NOT_FOUND'])
  })

  test("a cursor of one file is none of another's", async () => {
    const first = await world.get(user, `/data?process_id=${one.process_id}&limit=1`)
    const cursor = first.body.page?.next_cursor
    const { status } = await world.get(user, `/data?process_id=${both.process_id}&dataset=cars&cursor=${cursor}`)
    expect(status).toBe(400)
  })
})

describe('the whole file', () => {
  test('is streamed with its type, length and tag', async () => {
    const reply = await world.get(user, `/data?process_id=${one.process_id}`, ndjson)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toMatch(/^application\/x-ndjson/)
    expect(reply.headers.get('content-disposition')).toBe('attachment; filename="movies.ndjson"')
    expect(reply.headers.get('accept-ranges')).toBe('bytes')
    expect(Number(reply.headers.get('content-length'))).toBe(Buffer.byteLength(reply.text))
    expect(reply.text.trimEnd().split('\n')).toHaveLength(3_201)
    const manifest = await world.get<{ files: { sha256: string }[] }>(
      user,
      `/data/manifest?process_id=${one.process_id}`,
    )
    expect(reply.headers.get('etag')).toBe(`"${manifest.body.data.files[0]?.sha256}"`)
  })

  test.each([
    ['stocks', csv, 200],
    ['stocks', { Accept: 'text/csv, application/json;q=0.5' }, 200],
    ['stocks', { Accept: 'text/*' }, 200],
    ['stocks', ndjson, 406],
    ['cars', csv, 406],
    ['cars', { Accept: 'text/html' }, 406],
    ['cars', { Accept: 'application/x-ndjson;q=0' }, 406],
  ])('%s with %j is %i', async (dataset, headers, expected) => {
    const path = `/data?process_id=${both.process_id}&dataset=${dataset}`
    const { status, body, headers: answered } = await world.get(user, path, headers)
    expect(status).toBe(expected)
    if (status === 406) expect(body.code).toBe('NOT_ACCEPTABLE')
    else expect(answered.get('content-type')).toMatch(/^text\/csv/)
  })

  test('who has it already is told so', async () => {
    const path = `/data?process_id=${one.process_id}`
    const etag = (await world.get(user, path, ndjson)).headers.get('etag')!
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const reply = await world.get(user, path, { ...ndjson, 'If-None-Match': tag })
      expect([reply.status, reply.text, reply.headers.get('etag')]).toEqual([304, '', etag])
    }
    expect((await world.get(user, path, { ...ndjson, 'If-None-Match': '"other"' })).status).toBe(200)
  })

  test('any part of it can be had, and one that lies outside cannot', async () => {
    const path = `/data?process_id=${one.process_id}`
    const whole = await world.get(user, path, ndjson)
    const bytes = Buffer.from(whole.text)
    for (const [range, start, end] of [
      ['bytes=0-9', 0, 9],
      ['bytes=100-', 100, bytes.length - 1],
      ['bytes=-7', bytes.length - 7, bytes.length - 1],
      [`bytes=5-${bytes.length + 100}`, 5, bytes.length - 1],
    ] as const) {
      const part = await world.get(user, path, { ...ndjson, Range: range })
      expect(part.status).toBe(206)
      expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end}/${bytes.length}`)
      expect(Buffer.from(part.text).equals(bytes.subarray(start, end + 1))).toBe(true)
    }
    const outside = await world.get(user, path, { ...ndjson, Range: `bytes=${bytes.length}-` })
    expect([outside.status, outside.body.code]).toEqual([416, 'RANGE_NOT_SATISFIABLE'])
    expect(outside.headers.get('content-range')).toBe(`bytes */${bytes.length}`)
  })

  test('If-Range gives the part of the file it names, of another the whole', async () => {
    const path = `/data?process_id=${one.process_id}`
    const etag = (await world.get(user, path, ndjson)).headers.get('etag')!
    const range = { ...ndjson, Range: 'bytes=0-9' }
    expect((await world.get(user, path, { ...range, 'If-Range': etag })).status).toBe(206)
    expect((await world.get(user, path, { ...range, 'If-Range': '"other"' })).status).toBe(200)
  })

  test('HEAD says what GET would, without the bytes', async () => {
    const { token } = user
    const path = `/data?process_id=${one.process_id}`
    const whole = await world.get(user, path, ndjson)
    const head = await call(world.host.url, `HEAD ${path}`, { token, headers: ndjson })
    expect(head.status).toBe(200)
    expect(head.text).toBe('')
    for (const name of ['content-length', 'etag', 'content-type', 'accept-ranges']) {
      expect(head.headers.get(name)).toBe(whole.headers.get(name))
    }
  })
})

describe('who may have it', () => {
  test.each(['/data', '/user/data', '/data/manifest'])('%s: its owner and operators, nobody else', async path => {
    const query = `${path}?process_id=${one.process_id}`
    expect((await world.get(user, query)).status).toBe(200)
    expect((await world.get(world.signIn({ role: 'operator' }), query)).status).toBe(200)
    const other = await world.get(world.signIn(), query)
    expect([other.status, other.body.code]).toEqual([404, 'PROCESS_NOT_FOUND'])
    expect((await world.get(undefined, query)).status).toBe(401)
  })

  test('a delivered file is handed out without asking order or payment', async () => {
    const before = world.order.asked.length + world.payment.asked.length
    await world.get(user, `/data?process_id=${one.process_id}`)
    expect(world.order.asked.length + world.payment.asked.length).toBe(before)
  })
})

describe('before order.delivered has come, order and payment are asked', () => {
  let facts: OrderConfirmed

  beforeAll(async () => {
    facts = world.factsFor(user, ['stocks'])
    await world.confirm(facts)
    await world.host.broker.waitFor('export.finished', facts.order_id)
  })
  beforeEach(() => answer(1, 'authorized'))

  function answer(status: 0 | 1 | 2, payment: string | undefined): void {
    world.order.answers = {
      [`GET /process/${facts.process_id}`]: { status: 200, data: { status, percentage: 60, reason: 'no such thing' } },
    }
    world.payment.answers = payment
      ? { [`GET /payment/details?order_id=${facts.order_id}`]: { status: 200, data: { state: payment } } }
      : {}
  }

  test.each([
    [0, 'authorized', 409, 'PROCESS_NOT_FINISHED'],
    [1, 'authorized', 200, undefined],
    [1, 'captured', 200, undefined],
    [1, 'declined', 409, 'PROCESS_NOT_FINISHED'],
    [1, 'voided', 409, 'PROCESS_NOT_FINISHED'],
    [1, undefined, 409, 'PROCESS_NOT_FINISHED'],
    [2, 'voided', 409, 'PROCESS_FAILED'],
  ] as const)('a process of status %i, payment %s: %i %s', async (process, payment, status, code) => {
    answer(process, payment)
    for (const path of ['/data', '/data/manifest']) {
      const reply = await world.get(user, `${path}?process_id=${facts.process_id}`)
      expect([reply.status, reply.body.code]).toEqual([status, code])
      if (code === 'PROCESS_NOT_FINISHED') expect(reply.headers.get('retry-after')).toMatch(/^\d+$/)
      if (code === 'PROCESS_FAILED') expect(reply.body.detail).toContain('no such thing')
    }
  })

  test("in the caller's own name", async () => {
    await world.get(user, `/data?process_id=${facts.process_id}`)
    expect(world.order.asked.at(-1)?.token).toBe(user.token)
    expect(world.payment.asked.at(-1)?.token).toBe(user.token)
  })

  test('a peer that is down is said to be down', async () => {
    world.payment.answers = { [`GET /payment/details?order_id=${facts.order_id}`]: undefined }
    const { status, body, headers } = await world.get(user, `/data?process_id=${facts.process_id}`)
    expect([status, body.code]).toEqual([503, 'DEPENDENCY_UNAVAILABLE'])
    expect(headers.get('retry-after')).toMatch(/^\d+$/)
  })

  test('a process that has no export yet is what order says of it', async () => {
    const id = '01890000-0000-7000-8000-000000000001'
    const ask = () => world.get(user, `/data?process_id=${id}`)
    expect((await ask()).body.code).toBe('PROCESS_NOT_FOUND')
    for (const [status, code] of [
      [0, 'PROCESS_NOT_FINISHED'],
      [2, 'PROCESS_FAILED'],
    ] as const) {
      world.order.answers = {
        [`GET /process/${id}`]: { status: 200, data: { status, percentage: 0, reason: 'declined' } },
      }
      expect((await ask()).body.code).toBe(code)
    }
  })
})

test.each([
  ['nothing.ndjson', ''],
  ['nothing.json', '[]'],
  ['nothing.csv', 'a,b\n'],
])('a delivery of %s without a record is an empty page, in either format', async (file, content) => {
  for (const format of ['csv', 'ndjson'] as const) {
    const user = world.signIn()
    await world.put(user.principal.account, file, content)
    const { process_id } = await world.exportAndDeliver(user, [{ dataset: 'nothing', format }])
    const { status, body } = await world.get<{ records: unknown[] }>(user, `/data?process_id=${process_id}`)
    expect([status, body.data.records, body.page]).toEqual([200, [], { next_cursor: null }])
  }
})

import { rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dataset } from '@waybill/contracts'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DataWorld, readAllPages, startDataWorld } from './data-world.ts'

let world: DataWorld

beforeAll(async () => {
  world = await startDataWorld()
})
afterAll(() => world.stop())

interface Listed {
  cloud: string
  as_of: string
  datasets: Dataset[]
}
interface Page {
  cloud: string
  dataset: string
  as_of: string
  records: Record<string, unknown>[]
}

describe('listing datasets', () => {
  test('a new user sees the sample datasets, sorted by name', async () => {
    const { status, body } = await world.get<Listed>(world.signIn(), '/data')
    expect(status).toBe(200)
    expect(body.data.cloud).toBe('LOCAL')
    expect(body.data.datasets.map(({ name }) => name)).toEqual([
      'airports',
      'cars',
      'movies',
      'penguins',
      'stocks',
      'weather',
    ])
    expect(body.data.datasets[0]).toEqual({
      name: 'airports',
      bytes: 210_365,
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
    })
    expect(body).not.toHaveProperty('page')
  })
})

describe('reading a page', () => {
  test('a page has the records, where they come from and where the next page begins', async () => {
    const user = world.signIn()
    const { status, body } = await world.get<Page>(user, '/data?dataset=airports&limit=2')
    expect(status).toBe(200)
    expect(body.data).toEqual({
      cloud: 'LOCAL',
      dataset: 'airports',
      as_of: expect.any(String),
      records: [
        expect.objectContaining({ iata: '00M', name: 'Thigpen', latitude: '31.95376472' }),
        expect.objectContaining({ iata: '00R' }),
      ],
    })
    expect(body.page?.next_cursor).toEqual(expect.any(String))
    expect(body.page!.next_cursor!.length).toBeLessThan(1_000)
  })

  test('record values arrive unchanged, whatever digits and escapes they have', async () => {
    const user = world.signIn()
    const record = '{"n":12345678901234567890,"f":1.0,"e":1E2,"s":"\\u00e9\\ud83d\\ude00 ☃","d":{"x":[1.10]},"n":2}'
    await world.put(user.principal.account, 'exact.ndjson', `${record}\n`)
    const { text } = await world.get(user, '/data?dataset=exact')
    expect(text).toContain(record)
  })

  test('pages of any size, one after the other, are the whole file', async () => {
    const user = world.signIn()
    const { account } = user.principal
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 2 }))),
        fc.integer({ min: 1, max: 100 }),
        fc.constantFrom('ndjson', 'json', 'pretty'),
        async (records, limit, layout) => {
          const rows = records.map(record => JSON.parse(JSON.stringify(record)))
          const name = `generated${run++}`
          const content =
            layout === 'ndjson'
              ? rows.map(row => JSON.stringify(row)).join('\n')
              : JSON.stringify(rows, null, layout === 'pretty' ? 2 : 0)
          await world.put(account, `${name}.${layout === 'ndjson' ? 'ndjson' : 'json'}`, content)
          const read = await readAllPages(world, user, `/data?dataset=${name}`, limit)
          expect(read.records).toEqual(rows)
          expect(read.pages).toBe(Math.max(Math.ceil(rows.length / limit), 1))
        },
      ),
      { numRuns: 40 },
    )
  })

  test.each([
    ['airports', 3_376, 100],
    ['movies', 3_201, 97],
    ['cars', 406, 100],
    ['stocks', 560, 7],
  ])('all pages of %s are its %i records', async (dataset, count, limit) => {
    const { records } = await readAllPages(world, world.signIn(), `/data?dataset=${dataset}`, limit)
    expect(records).toHaveLength(count)
  })

  test('a header of CSV that is longer than a cursor may be does not stop the paging', async () => {
    const user = world.signIn()
    const columns = Array.from({ length: 400 }, (_, at) => `column_number_${at}`)
    const rows = Array.from({ length: 30 }, (_, row) => columns.map((_, at) => `${row}.${at}`).join(','))
    await world.put(user.principal.account, 'wide.csv', [columns.join(','), ...rows].join('\r\n'))
    const { records } = await readAllPages(world, user, '/data?dataset=wide', 4)
    expect(records).toHaveLength(30)
    expect((records[29] as Record<string, string>).column_number_399).toBe('29.399')
  })

  test('an empty file has one empty page', async () => {
    const user = world.signIn()
    await world.put(user.principal.account, 'empty.ndjson', '')
    await world.put(user.principal.account, 'none.json', '[]')
    for (const dataset of ['empty', 'none']) {
      const { body } = await world.get<Page>(user, `/data?dataset=${dataset}`)
      expect(body.data.records).toEqual([])
      expect(body.page).toEqual({ next_cursor: null })
    }
  })

  test('a page of very large records ends early and goes on with the next', async () => {
    const user = world.signIn()
    const record = JSON.stringify({ text: 'x'.repeat(1_500_000) })
    await world.put(user.principal.account, 'large.ndjson', `${record}\n`.repeat(8))
    const { body } = await world.get<Page>(user, '/data?dataset=large&limit=100')
    expect(body.data.records.length).toBeLessThan(8)
    const { records } = await readAllPages(world, user, '/data?dataset=large', 100)
    expect(records).toHaveLength(8)
  })
})

describe('a dataset that was read a moment ago', () => {
  test('gives way to a file that wins over it, and comes back when that one goes', async () => {
    const user = world.signIn()
    const { account } = user.principal
    const read = async () => (await world.get<Page>(user, '/data?dataset=cars&limit=1')).body.data.records[0]
    const shared = await read()
    expect(await read()).toEqual(shared)
    await world.put(account, 'cars.csv', 'from\nown\n')
    expect([await read(), await read()]).toEqual([{ from: 'own' }, { from: 'own' }])
    await world.put(account, 'cars.ndjson', '{"from":"better"}\n')
    expect([await read(), await read()]).toEqual([{ from: 'better' }, { from: 'better' }])
    await rm(world.localPath(account, 'cars.ndjson'))
    expect(await read()).toEqual({ from: 'own' })
    await rm(world.localPath(account, 'cars.csv'))
    expect(await read()).toEqual(shared)
  })

  test('is read anew once it was written over, also by a cursor of the new version', async () => {
    const user = world.signIn()
    const read = (query = '') => world.get<Page>(user, `/data?dataset=rewritten&limit=1${query}`)
    await world.put(user.principal.account, 'rewritten.csv', 'a,b\n1,2\n3,4\n')
    const old = await read()
    await world.put(user.principal.account, 'rewritten.csv', 'c\n10\n20\n')
    expect((await read(`&cursor=${old.body.page?.next_cursor}`)).body.code).toBe('CURSOR_EXPIRED')
    const first = await read()
    expect(first.body.data.records).toEqual([{ c: '10' }])
    const second = await read(`&cursor=${first.body.page?.next_cursor}`)
    expect(second.body.data.records).toEqual([{ c: '20' }])
  })
})

describe('cursors', () => {
  test('a cursor is void once the source has changed', async () => {
    const user = world.signIn()
    await world.put(user.principal.account, 'moving.ndjson', '{"a":1}\n{"a":2}\n')
    const first = await world.get(user, '/data?dataset=moving&limit=1')
    await world.put(user.principal.account, 'moving.ndjson', '{"a":1}\n{"a":2}\n{"a":3}\n')
    const second = await world.get(user, `/data?dataset=moving&limit=1&cursor=${first.body.page?.next_cursor}`)
    expect([second.status, second.body.code]).toEqual([409, 'CURSOR_EXPIRED'])
  })

  test("a cursor of another dataset, another user, or nobody's, is refused", async () => {
    const user = world.signIn()
    const { body } = await world.get(user, '/data?dataset=movies&limit=1')
    const cursor = body.page?.next_cursor
    for (const [who, path] of [
      [user, `/data?dataset=cars&cursor=${cursor}`],
      [world.signIn(), `/data?dataset=movies&cursor=${cursor}`],
      [user, '/data?dataset=movies&cursor=made-up'],
    ] as const) {
      const reply = await world.get(who, path)
      expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED'])
      expect(reply.body.errors?.[0]?.field).toBe('cursor')
    }
  })
})

describe('what is refused', () => {
  test('a user without a cloud is told to register', async () => {
    const { status, body } = await world.get(world.signIn({ cloud: null }), '/data')
    expect([status, body.code]).toEqual([409, 'CLOUD_NOT_REGISTERED'])
  })

  test.each(['AWS', 'MCLASS', 'NOWHERE'])('a user of %s, which is not set up, is told so', async cloud => {
    const { status, body } = await world.get(world.signIn({ cloud }), '/data?dataset=movies')
    expect([status, body.code]).toEqual([409, 'CLOUD_NOT_ENABLED'])
  })

  test('an unknown dataset is not found, and named', async () => {
    const { status, body } = await world.get(world.signIn(), '/data?dataset=nope')
    expect([status, body.code]).toEqual([404, 'DATASET_NOT_FOUND'])
    expect(body.detail).toContain('nope')
  })

  test('nobody reads without a token', async () => {
    expect((await world.get(undefined, '/data')).status).toBe(401)
    expect((await world.get(undefined, '/data?dataset=movies')).status).toBe(401)
  })

  test("another user's dataset is not found", async () => {
    const [owner, other] = [world.signIn(), world.signIn()]
    await world.put(owner.principal.account, 'private.ndjson', '{"a":1}\n')
    expect((await world.get(owner, '/data?dataset=private')).status).toBe(200)
    expect((await world.get(other, '/data?dataset=private')).status).toBe(404)
  })

  test.each(['..', '.', '.waybill', 'a/b', '../_shared/movies', '%2e%2e', 'a\0b', '', 'x'.repeat(101)])(
    'a dataset named %j is refused',
    async name => {
      const { status, body } = await world.get(world.signIn(), `/data?dataset=${encodeURIComponent(name)}`)
      expect([status, body.code]).toEqual([400, 'VALIDATION_FAILED'])
    },
  )

  test('limit is 1 to 100', async () => {
    for (const limit of ['0', '101', '1.5', 'x']) {
      expect((await world.get(world.signIn(), `/data?dataset=movies&limit=${limit}`)).status).toBe(400)
    }
  })

  test('a link that leads out of the root is not followed, nor listed', async () => {
    const user = world.signIn()
    const { account } = user.principal
    await world.put(account, 'own.ndjson', '{"a":1}\n')
    const outside = join(world.host.home, 'outside.ndjson')
    await writeFile(outside, '{"secret":1}\n')
    await symlink(outside, world.localPath(account, 'leak.ndjson'))
    await symlink(world.host.home, world.localPath('linked-account'))
    expect((await world.get(user, '/data?dataset=leak')).status).toBe(404)
    const linked = await world.get(world.signIn({ account: 'linked-account' }), '/data?dataset=outside')
    expect([linked.status, linked.body.code]).toEqual([502, 'CLOUD_REFUSED'])
    const { body } = await world.get<Listed>(user, '/data')
    expect(body.data.datasets.map(({ name }) => name)).not.toContain('leak')
    await rm(world.localPath('linked-account'))
  })

  test('a link that takes the place of a file, or of its folder, between two pages is not followed', async () => {
    const user = world.signIn()
    const { account } = user.principal
    const outside = join(world.host.home, `outside-${account}`)
    const page = () => world.get(user, '/data?dataset=swapped')
    await world.put(account, 'swapped.ndjson', '{"a":1}\n')
    for (let reads = 0; reads < 3; reads++) expect((await page()).status).toBe(200)

    await rename(world.localPath(account), outside)
    await symlink(outside, world.localPath(account))
    expect((await page()).body.code).toBe('CLOUD_REFUSED')
    await rm(world.localPath(account))
    await rename(outside, world.localPath(account))
    for (let reads = 0; reads < 3; reads++) expect((await page()).status).toBe(200)

    await rename(world.localPath(account, 'swapped.ndjson'), outside)
    await symlink(outside, world.localPath(account, 'swapped.ndjson'))
    expect((await page()).status).toBe(404)
  })

  test('a page that meets a broken record says which file and line; the page before it is whole', async () => {
    const user = world.signIn()
    await world.put(user.principal.account, 'broken.csv', 'a,b\n1,2\n3,4\n5\n')
    const first = await world.get<Page>(user, '/data?dataset=broken&limit=2')
    expect(first.body.data.records).toHaveLength(2)
    const second = await world.get(user, `/data?dataset=broken&limit=2&cursor=${first.body.page?.next_cursor}`)
    expect([second.status, second.body.code]).toEqual([502, 'CLOUD_REFUSED'])
    expect(second.body.detail).toBe('broken.csv, line 4: 1 field, the header has 2')
  })
})

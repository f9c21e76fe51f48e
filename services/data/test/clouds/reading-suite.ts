// Of the suite of clouds: what is there, and reading it.
import { uuidv7 } from 'uuidv7'
import { describe, expect, test } from 'vitest'
import { CloudRefused, DatasetNotFound, SourceChanged } from '../../src/clouds/cloud-error.ts'
import { parquetOf } from '../parquet-files.ts'
import { type CloudSuite, checksum, records } from './cloud-suite.ts'

export function describeReading(suite: CloudSuite): void {
  describe('logging in', () => {
    test('succeeds, and is refused with wrong settings', async () => {
      await suite.at.cloud.login()
      await expect(suite.at.refused.login()).rejects.toThrow(CloudRefused)
    })

    test('to a place that is not there is refused', async ({ skip }) => {
      if (!suite.at.missing) return skip('its place cannot be missing')
      await expect(suite.at.missing.login()).rejects.toThrow(CloudRefused)
      await expect(suite.at.missing.listDatasets(suite.account)).rejects.toThrow(CloudRefused)
    })

    test('tells no secret when it is refused', async () => {
      const error = await suite.at.refused.login().catch((error: unknown) => error)
      const told = `${error} ${JSON.stringify(error)} ${(error as Error).stack}`
      for (const secret of suite.at.secrets ?? []) expect(told).not.toContain(secret)
    })
  })

  describe('listing', () => {
    test("an account's datasets come by name, with their size and age", async () => {
      const found = (await suite.at.cloud.listDatasets(suite.account)).filter(({ name }) =>
        ['empty', 'people'].includes(name),
      )
      expect(found.map(({ name }) => name)).toEqual(['empty', 'people'])
      expect(found[0]?.bytes).toBe(0)
      expect(found[1]?.bytes).toBeGreaterThan(1_000)
      expect(Math.abs(found[1]!.updatedAt - Date.now())).toBeLessThan(600_000)
    })

    test('an account that nobody knows has no datasets of its own', async () => {
      const others = await suite.at.cloud.listDatasets(uuidv7())
      expect(others.map(({ name }) => name)).not.toContain('people')
    })
  })

  describe('reading', () => {
    test.each([1, 7, 100])('pages of %i are the whole dataset, records unchanged', async limit => {
      const { records: read, pages } = await suite.readAll('people', limit)
      expect(read.map(record => JSON.parse(record))).toEqual(records(250).map(record => JSON.parse(record)))
      expect(read[0]).toContain('"n":1.0')
      expect(pages).toBe(Math.ceil(250 / limit))
    })

    test('an empty dataset is one empty page', async () => {
      expect(await suite.at.cloud.getData(suite.account, 'empty', undefined, 10)).toEqual({ records: [], next: null })
    })

    test('an unknown dataset is not found, nor is that of another account', async () => {
      await expect(suite.at.cloud.getData(suite.account, 'nope', undefined, 10)).rejects.toThrow(DatasetNotFound)
      await expect(suite.at.cloud.getData(uuidv7(), 'people', undefined, 10)).rejects.toThrow(DatasetNotFound)
      await expect(suite.at.cloud.processOrder(suite.task('nope'))).rejects.toThrow(DatasetNotFound)
      await expect(suite.at.cloud.processOrder(suite.task('people', { account: uuidv7() }))).rejects.toThrow(
        DatasetNotFound,
      )
    })

    test.each(['..', '.', '.waybill', 'a/b', '../x', 'a\\b/..', '', '%2e%2e', 'a\0', '名前', 'straße'])(
      'the name %j never leaves its account',
      async bad => {
        await expect(suite.at.cloud.getData(suite.account, bad, undefined, 1)).rejects.toThrow(CloudRefused)
        await expect(suite.at.cloud.getData(bad, 'people', undefined, 1)).rejects.toThrow(CloudRefused)
        await expect(suite.at.cloud.listDatasets(bad)).rejects.toThrow(CloudRefused)
        await expect(suite.at.cloud.processOrder(suite.task(bad))).rejects.toThrow(CloudRefused)
        await expect(suite.at.cloud.processOrder(suite.task('people', { account: bad }))).rejects.toThrow(CloudRefused)
        await expect(
          suite.at.cloud.removeDelivery(bad, '..').then(() => suite.at.cloud.listDatasets(bad)),
        ).rejects.toThrow(CloudRefused)
      },
    )

    test('an account whose name begins like another one sees nothing of it', async () => {
      await suite.at.put(`${suite.account}-2`, 'theirs', records(1))
      expect((await suite.at.cloud.listDatasets(suite.account)).map(({ name }) => name)).not.toContain('theirs')
      await expect(suite.at.cloud.getData(suite.account, 'theirs', undefined, 1)).rejects.toThrow(DatasetNotFound)
    })
  })

  describe('files', () => {
    test('are datasets by their endings, of which ndjson wins, then jsonl, json and csv; others are none', async ({
      skip,
    }) => {
      if (!suite.at.files) return skip('it has no files')
      const mine = uuidv7()
      for (const file of ['notes.txt', 'not a name.csv', '名前.csv', 'deep/down.csv', '.waybill/x/hidden.csv']) {
        await suite.at.files.put(`${mine}/${file}`, 'a\n1\n')
      }
      const shared = new Set((await suite.at.cloud.listDatasets(uuidv7())).map(({ name }) => name))
      for (const [ending, content] of [
        ['csv', 'from\ncsv\n'],
        ['json', '[{"from":"json"}]'],
        ['jsonl', '{"from":"jsonl"}'],
        ['ndjson', '{"from":"ndjson"}\n'],
      ] as const) {
        await suite.at.files.put(`${mine}/mine.${ending}`, content)
        const expected = { records: [`{"from":"${ending}"}`], pages: 1 }
        await expect.poll(() => suite.readAll('mine', 5, mine)).toEqual(expected)
        const own = (await suite.at.cloud.listDatasets(mine)).map(({ name }) => name)
        expect(own.filter(name => !shared.has(name))).toEqual(['mine'])
      }
    })

    test('that everybody may read are listed with the own ones, which win', async ({ skip }) => {
      if (!suite.at.files) return skip('it has no files')
      const [mine, name] = [uuidv7(), `shared-${uuidv7()}`]
      await suite.at.files.put(`_shared/${name}.csv`, 'from\nshared\n')
      expect(await suite.readAll(name, 5, mine)).toEqual({ records: ['{"from":"shared"}'], pages: 1 })
      await suite.at.files.put(`${mine}/${name}.json`, '[{"from":"me"}]')
      expect((await suite.at.cloud.listDatasets(mine)).filter(found => found.name === name)).toHaveLength(1)
      await expect.poll(() => suite.readAll(name, 5, mine)).toEqual({ records: ['{"from":"me"}'], pages: 1 })
    })

    test('that are many are all listed, one of them read as quickly as among few', async ({ skip }) => {
      if (!suite.at.files) return skip('it has no files')
      const mine = uuidv7()
      const names = Array.from({ length: 2_300 }, (_, at) => `d${String(at).padStart(5, '0')}`)
      const queue = [...names]
      const putSome = async () => {
        for (let next = queue.pop(); next; next = queue.pop())
          await suite.at.files!.put(`${mine}/${next}.ndjson`, '{}\n')
      }
      await Promise.all(Array.from({ length: 16 }, putSome))
      const listed = (await suite.at.cloud.listDatasets(mine))
        .map(({ name }) => name)
        .filter(name => /^d\d{5}$/.test(name))
      expect(listed).toEqual(names)
      const before = suite.at.gate?.calls.length ?? 0
      expect(await suite.readAll('d02299', 5, mine)).toEqual({ records: ['{}'], pages: 1 })
      expect((suite.at.gate?.calls.length ?? 0) - before).toBeLessThanOrEqual(3)
    })

    test('are paged at offsets: the last page costs as many calls as the second', async ({ skip }) => {
      if (!suite.at.gate) return skip('nothing of it goes over a network')
      const count = Math.floor(suite.medium.records.length / 100)
      const costs: number[] = []
      let position: unknown
      for (let page = 0; page < count; page++) {
        const before = suite.at.gate.calls.length
        position = (await suite.at.cloud.getData(suite.account, 'medium', position, 100)).next
        costs.push(suite.at.gate.calls.length - before)
      }
      expect(costs.at(-1)).toBeLessThanOrEqual(costs[1]!)
      expect(Math.max(...costs.slice(1))).toBeLessThanOrEqual(costs[1]! + 1)
    })

    test('that change between two pages are noticed', async ({ skip }) => {
      if (!suite.at.files) return skip('it has no files')
      await suite.at.put(suite.account, 'changing', records(20))
      const { next } = await suite.at.cloud.getData(suite.account, 'changing', undefined, 5)
      await suite.at.put(suite.account, 'changing', records(21))
      await expect(suite.at.cloud.getData(suite.account, 'changing', next, 5)).rejects.toThrow(SourceChanged)
    })

    test('that are Parquet are read by ranges: a page costs the same wherever it is, and not the file', async ({
      skip,
    }) => {
      if (!suite.at.files) return skip('it has no files')
      const mine = uuidv7()
      const rows = Array.from({ length: 4_000 }, (_, id) => ({ id, text: `row ${id} ${checksum(String(id))}` }))
      const file = parquetOf(rows, { rowGroupSize: 1_000, pageSize: 4_000, codec: 'UNCOMPRESSED' })
      await suite.at.files.put(`${mine}/rows.parquet`, file)
      await expect.poll(() => suite.readAll('rows', 800, mine)).toMatchObject({ pages: 5 })
      const { records: read } = await suite.readAll('rows', 700, mine)
      expect(read.map(record => JSON.parse(record))).toEqual(rows)
      if (!suite.at.gate) return
      const costs: number[] = []
      for (let position: unknown; position !== null; ) {
        const before = suite.at.gate.calls.length
        position = (await suite.at.cloud.getData(mine, 'rows', position, 400)).next
        costs.push(suite.at.gate.calls.length - before)
      }
      expect(costs.at(-1)).toBeLessThanOrEqual(costs[1]! + 1)
    })
  })
}

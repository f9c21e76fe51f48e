// What every cloud class must do alike, whatever it speaks to. A new one passes this suite.
import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { ExportFormat } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cloud, ExportTask } from '../src/clouds/cloud.ts'
import { CloudRefused, DatasetNotFound } from '../src/clouds/cloud-error.ts'
import type { Checkpoint } from '../src/clouds/export-dataset.ts'

export interface CloudUnderTest {
  cloud: Cloud
  /** The same place, with settings that it does not let in. */
  refused: Cloud
  /** Puts a dataset of JSON records (their texts) into an account. */
  put(account: string, dataset: string, records: string[]): Promise<void>
  /** How many files, parts or rows there are of a process's delivery, finished or not. */
  remains(account: string, processId: string): Promise<number>
  stop(): Promise<void>
}

const records = (count: number) =>
  Array.from({ length: count }, (_, at) => `{"id":${at},"name":"名前 ${at} — \\"ß\\"","n":1.0}`)
const checksum = (content: string) => createHash('sha256').update(content).digest('hex')
const lines = (of: string[]) => of.map(record => `${record}\n`).join('')

export function describeCloud(name: string, start: () => Promise<CloudUnderTest>): void {
  describe(`the cloud class ${name}`, () => {
    let it: CloudUnderTest
    let account: string

    beforeAll(async () => {
      it = await start()
      account = uuidv7()
      await it.put(account, 'people', records(250))
      await it.put(account, 'empty', [])
    })
    afterAll(() => it.stop())

    function task(dataset: string, more: Partial<ExportTask> = {}): ExportTask {
      return {
        ...{ account, processId: uuidv7(), position: 0, dataset, format: 'ndjson', checkpoint: undefined },
        ...{ signal: new AbortController().signal, saveEveryMilliseconds: 0, saveEveryBytes: 0, save: async () => {} },
        assertHeld: async () => {},
        ...more,
      }
    }

    async function read(of: ExportTask, bytes: number, range?: [number, number]): Promise<string> {
      const [start, end] = range ?? [0, bytes - 1]
      return text(await it.cloud.openDelivery({ ...of, bytes }, start, end))
    }

    async function readAll(dataset: string, limit: number): Promise<{ records: string[]; pages: number }> {
      const all: string[] = []
      let position: unknown
      let pages = 0
      do {
        const page = await it.cloud.getData(account, dataset, position, limit)
        all.push(...page.records)
        // A position travels as JSON.
        position = page.next === null ? null : JSON.parse(JSON.stringify(page.next))
        pages++
      } while (position !== null)
      return { records: all, pages }
    }

    test('logs in, and is refused with wrong settings', async () => {
      await it.cloud.login()
      await expect(it.refused.login()).rejects.toThrow(CloudRefused)
    })

    test("lists an account's datasets by name, with their size and age", async () => {
      const found = (await it.cloud.listDatasets(account)).filter(({ name }) => ['empty', 'people'].includes(name))
      expect(found.map(({ name }) => name)).toEqual(['empty', 'people'])
      expect(found[0]?.bytes).toBe(0)
      expect(found[1]?.bytes).toBeGreaterThan(1_000)
      expect(Math.abs(found[1]!.updatedAt - Date.now())).toBeLessThan(600_000)
    })

    test.each([1, 7, 100])('pages of %i are the whole dataset, records unchanged', async limit => {
      const { records: read, pages } = await readAll('people', limit)
      expect(read).toHaveLength(250)
      expect(read.map(record => JSON.parse(record))).toEqual(records(250).map(record => JSON.parse(record)))
      expect(read[0]).toContain('"n":1.0')
      expect(pages).toBe(Math.ceil(250 / limit))
    })

    test('an empty dataset is one empty page', async () => {
      expect(await it.cloud.getData(account, 'empty', undefined, 10)).toEqual({ records: [], next: null })
    })

    test('an unknown dataset is not found, nor is that of another account', async () => {
      await expect(it.cloud.getData(account, 'nope', undefined, 10)).rejects.toThrow(DatasetNotFound)
      await expect(it.cloud.getData(uuidv7(), 'people', undefined, 10)).rejects.toThrow(DatasetNotFound)
      await expect(it.cloud.processOrder(task('nope'))).rejects.toThrow(DatasetNotFound)
      await expect(it.cloud.processOrder(task('people', { account: uuidv7() }))).rejects.toThrow(DatasetNotFound)
      const others = await it.cloud.listDatasets(uuidv7())
      expect(others.map(({ name }) => name)).not.toContain('people')
    })

    test.each(['..', '.', '.waybill', 'a/b', '../x', 'a\\b/..', '', '%2e%2e', 'a\0'])(
      'the name %j never leaves its account',
      async bad => {
        await expect(it.cloud.getData(account, bad, undefined, 1)).rejects.toThrow(CloudRefused)
        await expect(it.cloud.getData(bad, 'people', undefined, 1)).rejects.toThrow(CloudRefused)
        await expect(it.cloud.listDatasets(bad)).rejects.toThrow(CloudRefused)
        await expect(it.cloud.processOrder(task(bad))).rejects.toThrow(CloudRefused)
        await expect(it.cloud.processOrder(task('people', { account: bad }))).rejects.toThrow(CloudRefused)
      },
    )

    test.each<[ExportFormat, string, string]>([
      ['ndjson', 'people', lines(records(250))],
      ['ndjson', 'empty', ''],
      [
        'csv',
        'people',
        `id,name,n\n${Array.from({ length: 250 }, (_, at) => `${at},"名前 ${at} — ""ß""",1.0\n`).join('')}`,
      ],
    ])('exports %s of %s, with its checksum, and reads any range of it', async (format, dataset, expected) => {
      const it_ = task(dataset, { format })
      const file = await it.cloud.processOrder(it_)
      const bytes = Buffer.byteLength(expected)
      expect(file).toEqual({ records: dataset === 'empty' ? 0 : 250, bytes, sha256: checksum(expected) })
      if (bytes === 0) return
      expect(await read(it_, bytes)).toBe(expected)
      const whole = Buffer.from(expected)
      for (const [start, end] of [
        [0, 0],
        [5, 9],
        [bytes - 1, bytes - 1],
      ] as const) {
        expect(await read(it_, bytes, [start, end])).toBe(whole.subarray(start, end + 1).toString())
      }
    })

    test('a second run of the same export replaces the first', async () => {
      const it_ = task('people')
      const first = await it.cloud.processOrder(it_)
      expect(await it.cloud.processOrder(it_)).toEqual(first)
      expect(await read(it_, first.bytes)).toBe(lines(records(250)))
    })

    test.each<[ExportFormat]>([['ndjson'], ['csv']])(
      'an export as %s that was ended in the middle goes on at its checkpoint and is the same file',
      async format => {
        const all = Array.from({ length: 12_000 }, (_, at) => `{"id":${at},"text":"${'x'.repeat(60)}"}`)
        await it.put(account, 'long', all)
        const whole = await it.cloud.processOrder(task('long', { format }))

        const it_ = task('long', { format })
        const saved: { checkpoint: Checkpoint; done: number }[] = []
        const killed = new Error('killed')
        const save = async (checkpoint: Checkpoint, done: number) => {
          saved.push({ checkpoint: JSON.parse(JSON.stringify(checkpoint)), done })
          if (saved.length === 3) throw killed
        }
        await expect(it.cloud.processOrder({ ...it_, save })).rejects.toBe(killed)
        const [, , { checkpoint, done }] = saved as [unknown, unknown, (typeof saved)[0]]
        expect(done).toBeGreaterThan(0)
        expect(done).toBeLessThan(1)
        expect(checkpoint.uploaded).toBeGreaterThan(0)
        expect(checkpoint.uploaded).toBeLessThan(whole.bytes)

        const later: Checkpoint[] = []
        const resumed = await it.cloud.processOrder({
          ...it_,
          checkpoint,
          save: async point => {
            later.push(point)
          },
        })
        expect(resumed).toEqual(whole)
        expect(checksum(await read(it_, resumed.bytes))).toBe(whole.sha256)
        // Not from the beginning: its first checkpoint lies behind the one that it came from.
        expect(later[0]!.converter.offset).toBeGreaterThan(checkpoint.converter.offset)
      },
    )

    test('a source that changed since the checkpoint is exported from its beginning', async () => {
      await it.put(account, 'moving', records(4_000))
      const it_ = task('moving')
      let checkpoint: Checkpoint | undefined
      const stop = async (point: Checkpoint) => {
        checkpoint = point
        throw new Error('killed')
      }
      await expect(it.cloud.processOrder({ ...it_, save: stop })).rejects.toThrow('killed')
      const changed = records(4_001).reverse()
      await it.put(account, 'moving', changed)
      const file = await it.cloud.processOrder({ ...it_, checkpoint })
      expect(file).toMatchObject({ records: 4_001, sha256: checksum(lines(changed)) })
    })

    test('a checkpoint whose bytes are gone is started anew', async () => {
      await it.put(account, 'gone', records(4_000))
      const it_ = task('gone')
      let checkpoint: Checkpoint | undefined
      const stop = async (point: Checkpoint) => {
        checkpoint = point
        throw new Error('killed')
      }
      await expect(it.cloud.processOrder({ ...it_, save: stop })).rejects.toThrow('killed')
      await it.cloud.removeDelivery(account, it_.processId)
      const file = await it.cloud.processOrder({ ...it_, checkpoint })
      expect(file.sha256).toBe(checksum(lines(records(4_000))))
    })

    test('an export that is ended in the middle leaves nothing behind once it is removed', async () => {
      await it.put(account, 'stopped', records(4_000))
      const stopping = new AbortController()
      const it_ = task('stopped', {
        signal: stopping.signal,
        save: async () => stopping.abort(),
      })
      await expect(it.cloud.processOrder(it_)).rejects.toThrow(/abort/i)
      expect(await it.remains(account, it_.processId)).toBeGreaterThan(0)
      await it.cloud.removeDelivery(account, it_.processId)
      expect(await it.remains(account, it_.processId)).toBe(0)
      await it.cloud.removeDelivery(account, it_.processId)
    })

    test('removing one delivery leaves the others, and the datasets', async () => {
      const [one, other] = [task('people'), task('people')]
      await it.cloud.processOrder(one)
      const kept = await it.cloud.processOrder(other)
      await it.cloud.removeDelivery(account, one.processId)
      await expect(read(one, kept.bytes)).rejects.toThrow(CloudRefused)
      expect(checksum(await read(other, kept.bytes))).toBe(kept.sha256)
      expect((await it.cloud.getData(account, 'people', undefined, 1)).records).toHaveLength(1)
    })
  })
}

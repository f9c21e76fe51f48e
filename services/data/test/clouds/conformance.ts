// What every cloud class must do alike, whatever it speaks to. A new one passes this suite.
import { createHash } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { ExportFormat } from '@waybill/contracts'
import { until } from '@waybill/platform/testing'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExportTask } from '../../src/clouds/cloud.ts'
import { CloudRefused, CloudUnavailable, DatasetNotFound, SourceChanged } from '../../src/clouds/cloud-error.ts'
import type { Checkpoint } from '../../src/clouds/export-dataset.ts'
import { type CloudUnderTest, impatience } from './cloud-under-test.ts'

const records = (count: number) =>
  Array.from({ length: count }, (_, at) => `{"id":${at},"name":"名前 ${at} — \\"ß\\"","n":1.0}`)
const checksum = (content: string) => createHash('sha256').update(content).digest('hex')
const lines = (of: string[]) => of.map(record => `${record}\n`).join('')

/** So many bytes of records, at least. */
function bulk(bytes: number, letter = 'x'): string[] {
  const filler = letter.repeat(1_000)
  return Array.from({ length: Math.ceil(bytes / filler.length) }, (_, at) => `{"id":${at},"text":"${filler}"}`)
}

export function describeCloud(name: string, start: () => Promise<CloudUnderTest>): void {
  describe(`the cloud class ${name}`, () => {
    let it: CloudUnderTest
    let account: string
    /** A dataset of these is exported in several parts. */
    let severalParts: string[]

    beforeAll(async () => {
      it = await start()
      account = uuidv7()
      severalParts = bulk(Math.max(it.files?.leastPartBytes ?? 0, 256 * 1024) * 4.5)
      await it.put(account, 'people', records(250))
      await it.put(account, 'empty', [])
      await it.put(account, 'long', severalParts)
    })
    afterAll(() => it?.stop())

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

    async function readAll(
      dataset: string,
      limit: number,
      of = account,
    ): Promise<{ records: string[]; pages: number }> {
      const all: string[] = []
      let position: unknown
      let pages = 0
      do {
        const page = await it.cloud.getData(of, dataset, position, limit)
        all.push(...page.records)
        // A position travels as JSON.
        position = page.next === null ? null : JSON.parse(JSON.stringify(page.next))
        pages++
      } while (position !== null)
      return { records: all, pages }
    }

    /** Runs an export until it has saved so many checkpoints, as if the process were killed then; answers the last one. */
    async function killedAfter(saves: number, of: ExportTask): Promise<{ checkpoint: Checkpoint; done: number }> {
      const killed = new Error('killed')
      const saved: { checkpoint: Checkpoint; done: number }[] = []
      const save = async (checkpoint: Checkpoint, done: number) => {
        saved.push({ checkpoint: JSON.parse(JSON.stringify(checkpoint)), done })
        if (saved.length === saves) throw killed
      }
      await expect(it.cloud.processOrder({ ...of, save })).rejects.toBe(killed)
      return saved.at(-1)!
    }

    describe('logging in', () => {
      test('succeeds, and is refused with wrong settings', async () => {
        await it.cloud.login()
        await expect(it.refused.login()).rejects.toThrow(CloudRefused)
      })

      test('to a place that is not there is refused', async () => {
        if (!it.missing) return
        await expect(it.missing.login()).rejects.toThrow(CloudRefused)
        await expect(it.missing.listDatasets(account)).rejects.toThrow(CloudRefused)
      })

      test('tells no secret when it is refused', async () => {
        const error = await it.refused.login().catch((error: unknown) => error)
        const told = `${error} ${JSON.stringify(error)} ${(error as Error).stack}`
        for (const secret of it.secrets ?? []) expect(told).not.toContain(secret)
      })
    })

    describe('listing', () => {
      test("an account's datasets come by name, with their size and age", async () => {
        const found = (await it.cloud.listDatasets(account)).filter(({ name }) => ['empty', 'people'].includes(name))
        expect(found.map(({ name }) => name)).toEqual(['empty', 'people'])
        expect(found[0]?.bytes).toBe(0)
        expect(found[1]?.bytes).toBeGreaterThan(1_000)
        expect(Math.abs(found[1]!.updatedAt - Date.now())).toBeLessThan(600_000)
      })

      test('an account that nobody knows has no datasets of its own', async () => {
        const others = await it.cloud.listDatasets(uuidv7())
        expect(others.map(({ name }) => name)).not.toContain('people')
      })
    })

    describe('reading', () => {
      test.each([1, 7, 100])('pages of %i are the whole dataset, records unchanged', async limit => {
        const { records: read, pages } = await readAll('people', limit)
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
      })

      test.each(['..', '.', '.waybill', 'a/b', '../x', 'a\\b/..', '', '%2e%2e', 'a\0', '名前', 'straße'])(
        'the name %j never leaves its account',
        async bad => {
          await expect(it.cloud.getData(account, bad, undefined, 1)).rejects.toThrow(CloudRefused)
          await expect(it.cloud.getData(bad, 'people', undefined, 1)).rejects.toThrow(CloudRefused)
          await expect(it.cloud.listDatasets(bad)).rejects.toThrow(CloudRefused)
          await expect(it.cloud.processOrder(task(bad))).rejects.toThrow(CloudRefused)
          await expect(it.cloud.processOrder(task('people', { account: bad }))).rejects.toThrow(CloudRefused)
          await expect(it.cloud.removeDelivery(bad, '..').then(() => it.cloud.listDatasets(bad))).rejects.toThrow(
            CloudRefused,
          )
        },
      )

      test('an account whose name begins like another one sees nothing of it', async () => {
        await it.put(`${account}-2`, 'theirs', records(1))
        expect((await it.cloud.listDatasets(account)).map(({ name }) => name)).not.toContain('theirs')
        await expect(it.cloud.getData(account, 'theirs', undefined, 1)).rejects.toThrow(DatasetNotFound)
      })
    })

    describe('files', () => {
      test('of formats and endings that are known are datasets; the best one wins, others are no datasets', async () => {
        if (!it.files) return
        const mine = uuidv7()
        for (const [file, content] of [
          ['lines.jsonl', '{"a":1}\n'],
          ['table.csv', 'a,b\n1,x\n'],
          ['table.json', '[{"a":2,"b":"json"}]'],
          ['notes.txt', 'no dataset'],
          ['名前.csv', 'a\n1\n'],
          ['deeper/other.csv', 'a\n1\n'],
        ] as const) {
          await it.files.put(`${mine}/${file}`, content)
        }
        const shared = new Set((await it.cloud.listDatasets(uuidv7())).map(({ name }) => name))
        const own = (await it.cloud.listDatasets(mine)).map(({ name }) => name).filter(name => !shared.has(name))
        expect(own).toEqual(['lines', 'table'])
        expect(await readAll('table', 5, mine)).toEqual({ records: ['{"a":2,"b":"json"}'], pages: 1 })
        expect(await readAll('lines', 5, mine)).toEqual({ records: ['{"a":1}'], pages: 1 })
      })

      test('that everybody may read are listed with the own ones, which win', async () => {
        if (!it.files) return
        const [mine, name] = [uuidv7(), `shared-${uuidv7()}`]
        await it.files.put(`_shared/${name}.csv`, 'from\nshared\n')
        expect(await readAll(name, 5, mine)).toEqual({ records: ['{"from":"shared"}'], pages: 1 })
        await it.files.put(`${mine}/${name}.json`, '[{"from":"me"}]')
        expect((await it.cloud.listDatasets(mine)).filter(found => found.name === name)).toHaveLength(1)
        await expect.poll(() => readAll(name, 5, mine)).toEqual({ records: ['{"from":"me"}'], pages: 1 })
      })

      test('that are many are all listed, one of them read as quickly as among few', async () => {
        if (!it.files) return
        const mine = uuidv7()
        const names = Array.from({ length: 2_300 }, (_, at) => `d${String(at).padStart(5, '0')}`)
        const queue = [...names]
        const putSome = async () => {
          for (let next = queue.pop(); next; next = queue.pop()) await it.files!.put(`${mine}/${next}.ndjson`, '{}\n')
        }
        await Promise.all(Array.from({ length: 16 }, putSome))
        const listed = (await it.cloud.listDatasets(mine)).map(({ name }) => name).filter(name => /^d\d{5}$/.test(name))
        expect(listed).toEqual(names)
        const before = it.gate?.calls.length ?? 0
        expect(await readAll('d02299', 5, mine)).toEqual({ records: ['{}'], pages: 1 })
        expect((it.gate?.calls.length ?? 0) - before).toBeLessThanOrEqual(3)
      })

      test('are paged at offsets: the last page costs as many calls as the second', async () => {
        if (!it.gate) return
        const count = Math.floor(severalParts.length / 100)
        const costs: number[] = []
        let position: unknown
        for (let page = 0; page < count; page++) {
          const before = it.gate.calls.length
          position = (await it.cloud.getData(account, 'long', position, 100)).next
          costs.push(it.gate.calls.length - before)
        }
        expect(costs.at(-1)).toBeLessThanOrEqual(costs[1]!)
        expect(Math.max(...costs.slice(1))).toBeLessThanOrEqual(costs[1]! + 1)
      })

      test('that change between two pages are noticed', async () => {
        if (!it.files) return
        await it.put(account, 'changing', records(20))
        const { next } = await it.cloud.getData(account, 'changing', undefined, 5)
        await it.put(account, 'changing', records(21))
        await expect(it.cloud.getData(account, 'changing', next, 5)).rejects.toThrow(SourceChanged)
      })
    })

    describe('exporting', () => {
      test.each<[ExportFormat, string, string]>([
        ['ndjson', 'people', lines(records(250))],
        ['ndjson', 'empty', ''],
        [
          'csv',
          'people',
          `id,name,n\n${Array.from({ length: 250 }, (_, at) => `${at},"名前 ${at} — ""ß""",1.0\n`).join('')}`,
        ],
      ])('%s of %s gives its checksum, and any range of it can be read', async (format, dataset, expected) => {
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

      test('again replaces the first', async () => {
        const it_ = task('people')
        const first = await it.cloud.processOrder(it_)
        expect(await it.cloud.processOrder(it_)).toEqual(first)
        expect(await read(it_, first.bytes)).toBe(lines(records(250)))
      })

      test.each<[ExportFormat]>([['ndjson'], ['csv']])(
        'as %s goes on at its checkpoint when it was ended in the middle, and is the same file',
        async format => {
          const whole = await it.cloud.processOrder(task('long', { format }))
          const it_ = task('long', { format })
          const { checkpoint, done } = await killedAfter(2, it_)
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
          expect(later[0]!.uploaded).toBeGreaterThan(checkpoint.uploaded)
        },
      )

      test('goes on at every checkpoint, also at the same one twice', async () => {
        const whole = lines(severalParts)
        for (const saves of [1, 2, 3]) {
          const it_ = task('long')
          const { checkpoint } = await killedAfter(saves, it_)
          await killedAfter(1, { ...it_, checkpoint })
          const file = await it.cloud.processOrder({ ...it_, checkpoint })
          expect(file.sha256).toBe(checksum(whole))
          expect(checksum(await read(it_, file.bytes))).toBe(file.sha256)
        }
      })

      test('shows nothing before it is complete', async () => {
        const it_ = task('long')
        let looked = 0
        const save = async ({ uploaded }: Checkpoint) => {
          if (looked++ > 0) return
          // What is kept with us is asked for by bytes; whether a delivery is open is for the service to know.
          if (it.files) await expect(read(it_, uploaded, [0, 0])).rejects.toThrow(CloudRefused)
        }
        const { bytes } = await it.cloud.processOrder({ ...it_, save })
        expect(looked).toBeGreaterThan(0)
        expect(await read(it_, bytes, [0, 1])).toBe('{"')
        expect((await it.cloud.listDatasets(account)).map(({ name }) => name)).not.toContain('.waybill')
      })

      test('a source that changed since the checkpoint begins anew', async () => {
        await it.put(account, 'moving', severalParts)
        const it_ = task('moving')
        const { checkpoint } = await killedAfter(1, it_)
        const changed = records(4_001).reverse()
        await it.put(account, 'moving', changed)
        const file = await it.cloud.processOrder({ ...it_, checkpoint })
        expect(file).toMatchObject({ records: 4_001, sha256: checksum(lines(changed)) })
        expect(checksum(await read(it_, file.bytes))).toBe(file.sha256)
      })

      test('from a checkpoint whose bytes are gone begins anew', async () => {
        const it_ = task('long')
        const { checkpoint } = await killedAfter(1, it_)
        await it.cloud.removeDelivery(account, it_.processId)
        const file = await it.cloud.processOrder({ ...it_, checkpoint })
        expect(file.sha256).toBe(checksum(lines(severalParts)))
        await it.cloud.removeDelivery(account, it_.processId)
        expect(await it.remains(account, it_.processId)).toBe(0)
      })

      test('that lost its claim completes nothing', async () => {
        const lost = new Error('another process has it')
        const it_ = task('long')
        const assertHeld = async () => {
          throw lost
        }
        await expect(it.cloud.processOrder({ ...it_, assertHeld })).rejects.toBe(lost)
        if (it.files) await expect(read(it_, 1)).rejects.toThrow(CloudRefused)
      })

      test('that is ended in the middle leaves nothing behind once it is removed', async () => {
        const stopping = new AbortController()
        const it_ = task('long', { signal: stopping.signal, save: async () => stopping.abort() })
        await expect(it.cloud.processOrder(it_)).rejects.toThrow(/abort/i)
        expect(await it.remains(account, it_.processId)).toBeGreaterThan(0)
        await it.cloud.removeDelivery(account, it_.processId)
        expect(await it.remains(account, it_.processId)).toBe(0)
        await it.cloud.removeDelivery(account, it_.processId)
      })

      test('two datasets of one order side by side do not meet', async () => {
        const processId = uuidv7()
        const tasks = [task('long', { processId }), task('people', { processId, position: 1 })]
        const [long, people] = await Promise.all(tasks.map(one => it.cloud.processOrder(one)))
        expect(checksum(await read(tasks[0]!, long!.bytes))).toBe(checksum(lines(severalParts)))
        expect(await read(tasks[1]!, people!.bytes)).toBe(lines(records(250)))
        await it.cloud.removeDelivery(account, processId)
        expect(await it.remains(account, processId)).toBe(0)
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

    describe('trouble on the network', () => {
      test('a call that is throttled, fails or breaks is made again', async () => {
        if (!it.gate) return
        for (const faults of [[503, 503], [429], [500, 502], ['cut'], ['cut', 503, 'cut']] as const) {
          it.gate.next.push(...faults)
          expect((await it.cloud.listDatasets(account)).map(({ name }) => name)).toContain('people')
          it.gate.next.push(...faults)
          expect((await it.cloud.getData(account, 'people', undefined, 3)).records).toEqual(records(3))
          expect(it.gate.next).toEqual([])
        }
      })

      test('a call that is refused is not made again', async () => {
        if (!it.gate) return
        it.gate.next.push(403)
        const before = it.gate.calls.length
        await expect(it.cloud.getData(account, 'people', undefined, 3)).rejects.toThrow(CloudRefused)
        expect(it.gate.calls.length).toBe(before + 1)
      })

      test('an export comes through it whole', async () => {
        if (!it.gate) return
        let saves = 0
        const save = async () => {
          if (++saves === 1) it.gate!.next.push(503, 'cut')
          if (saves === 2) it.gate!.next.push('cut', 500)
        }
        const it_ = task('long', { save })
        const file = await it.cloud.processOrder(it_)
        expect(file.sha256).toBe(checksum(lines(severalParts)))
        expect(checksum(await read(it_, file.bytes))).toBe(file.sha256)
      })

      test('an export whose last answer is lost is complete all the same', async () => {
        if (!it.gate) return
        const it_ = task('long', { assertHeld: async () => void (it.files && it.gate!.next.push('lose')) })
        const file = await it.cloud.processOrder(it_)
        expect(it.gate.next).toEqual([])
        expect(checksum(await read(it_, file.bytes))).toBe(checksum(lines(severalParts)))
        await it.cloud.removeDelivery(account, it_.processId)
        expect(await it.remains(account, it_.processId)).toBe(0)
      })

      test('a body that breaks or stalls is read on where it came to', async () => {
        if (!it.gate || !it.files) return
        const it_ = task('long')
        it.gate.next.push({ cutAfter: 300_000 }, { cutAfter: 65_536 }, { stallAfter: 200_000 })
        const file = await it.cloud.processOrder(it_)
        expect(it.gate.next).toEqual([])
        expect(file.sha256).toBe(checksum(lines(severalParts)))
        it.gate.next.push({ stallAfter: 100_000 }, { cutAfter: 100_000 })
        expect(checksum(await read(it_, file.bytes))).toBe(file.sha256)
        expect(it.gate.next).toEqual([])
      })

      test('a body that breaks when its object has changed is not mixed of both', async () => {
        if (!it.gate || !it.files) return
        const changed = bulk(1_000_000, 'y')
        await it.put(account, 'replaced', severalParts)
        it.gate.next.push({ stallAfter: 300_000 })
        const working = it.cloud.processOrder(task('replaced'))
        await until(
          async () => it.gate!.next.length,
          left => left === 0,
        )
        await it.put(account, 'replaced', changed)
        expect((await working).sha256).toBe(checksum(lines(changed)))
      })

      test('an outage is told in time, the cloud is left alone for a while, and is used again when it is back', async () => {
        if (!it.gate) return
        it.gate.outage = true
        const startedAt = Date.now()
        const errors: unknown[] = []
        for (let tries = 0; tries < impatience.outagesInARow; tries++) {
          errors.push(await it.cloud.listDatasets(account).catch((error: unknown) => error))
        }
        for (const error of errors) expect(error).toBeInstanceOf(CloudUnavailable)
        expect((errors[0] as Error).message).toContain(it.cloud.name)
        expect(Date.now() - startedAt).toBeLessThan(10_000)
        expect(it.gate.calls.length).toBeGreaterThan(0)
        it.gate.outage = false
        await expect.poll(() => it.cloud.listDatasets(account).catch(() => []), { timeout: 10_000 }).not.toEqual([])
        expect((await readAll('people', 100)).records).toHaveLength(250)
      })

      test('a signal ends a call and its further tries', async () => {
        if (!it.gate) return
        it.gate.outage = true
        const stopping = new AbortController()
        const reason = new Error('enough')
        setTimeout(() => stopping.abort(reason), 20)
        const ended = it.cloud.processOrder(task('long', { signal: stopping.signal }))
        await expect(ended).rejects.toThrow(Error)
        it.gate.outage = false
        await expect.poll(() => it.cloud.listDatasets(account).catch(() => []), { timeout: 10_000 }).not.toEqual([])
      })
    })
  })
}

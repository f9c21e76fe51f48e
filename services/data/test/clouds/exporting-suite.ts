// Of the suite of clouds: exports, their checkpoints, and what remains of them.
import { compressions, type ExportFormat } from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import { describe, expect, test } from 'vitest'
import { CloudRefused, DatasetNotFound } from '../../src/clouds/cloud-error.ts'
import type { Checkpoint } from '../../src/clouds/export-dataset.ts'
import { parquetOf } from '../parquet-files.ts'
import { unpacked } from '../unpacked.ts'
import { type CloudSuite, checksum, lines, records } from './cloud-suite.ts'

export function describeExporting(suite: CloudSuite): void {
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
      const of_ = suite.task(dataset, { format })
      const file = await suite.at.cloud.processOrder(of_)
      const bytes = Buffer.byteLength(expected)
      expect(file).toEqual({ records: dataset === 'empty' ? 0 : 250, bytes, sha256: checksum(expected) })
      if (bytes === 0) return
      expect(await suite.read(of_, bytes)).toBe(expected)
      const whole = Buffer.from(expected)
      for (const [start, end] of [
        [0, 0],
        [5, 9],
        [bytes - 1, bytes - 1],
      ] as const) {
        expect(await suite.read(of_, bytes, [start, end])).toBe(whole.subarray(start, end + 1).toString())
      }
    })

    test.each(compressions)(
      'packed with %s is the same records, and its checksum that of what is stored',
      async compression => {
        for (const [dataset, expected] of [
          ['people', lines(records(250))],
          ['empty', ''],
          ['medium', suite.medium.text],
        ] as const) {
          const of_ = suite.task(dataset, { compression })
          const file = await suite.at.cloud.processOrder(of_)
          const stored = await suite.readBytes(of_, file.bytes)
          expect([stored.length, checksum(stored)]).toEqual([file.bytes, file.sha256])
          expect(unpacked(compression, stored).toString() === expected).toBe(true)
        }
      },
    )

    test.for(compressions)(
      'packed with %s goes on at each of its checkpoints in turn',
      async (compression, { skip }) => {
        // Elsewhere this little, packed, is no part: see killed-while-packing.test.ts.
        if (suite.at.files && suite.at.files.leastPartBytes > 0) return skip('what is packed here is less than a part')
        const of_ = suite.task('long', { compression })
        const { file, runs } = await suite.killedAtEach(of_)
        expect(runs).toBeGreaterThan(2)
        const stored = await suite.readBytes(of_, file.bytes)
        expect([stored.length, checksum(stored)]).toEqual([file.bytes, file.sha256])
        expect(unpacked(compression, stored).toString() === suite.long.text).toBe(true)
      },
    )

    test('on a thread of its own goes on at each of its checkpoints in turn, and is the same file', async () => {
      const of_ = suite.task('long')
      const { file, runs } = await suite.killedAtEach(of_, task => suite.exportOnThread(task))
      expect(runs).toBeGreaterThan(2)
      expect(file).toEqual({
        records: suite.long.records.length,
        bytes: suite.long.text.length,
        sha256: suite.long.sha256,
      })
      expect(checksum(await suite.read(of_, file.bytes))).toBe(file.sha256)
    })

    test('on a thread of its own fails as it would here', async () => {
      const stopping = new AbortController()
      const reason = new Error('cancelled')
      const save = async () => stopping.abort(reason)
      const ended = suite.exportOnThread(suite.task('medium', { signal: stopping.signal, save }))
      await expect(ended).rejects.toBe(reason)
      const lost = new Error('another process has it')
      const assertHeld = () => Promise.reject(lost)
      await expect(suite.exportOnThread(suite.task('medium', { assertHeld }))).rejects.toBe(lost)
      const refused = suite.exportOnThread(suite.task('people'), suite.at.wrongSettings)
      await expect(refused).rejects.toThrow(CloudRefused)
      await expect(suite.exportOnThread(suite.task('nope'))).rejects.toThrow(DatasetNotFound)
      // And the next one is none the worse for it.
      expect((await suite.exportOnThread(suite.task('people'))).records).toBe(250)
    })

    test('again replaces the first', async () => {
      const of_ = suite.task('people')
      const first = await suite.at.cloud.processOrder(of_)
      expect(await suite.at.cloud.processOrder(of_)).toEqual(first)
      expect(await suite.read(of_, first.bytes)).toBe(lines(records(250)))
    })

    test.each<[ExportFormat]>([['ndjson'], ['csv']])(
      'as %s goes on at its checkpoint when it was ended in the middle, and is the same file',
      async format => {
        const whole = await suite.at.cloud.processOrder(suite.task('long', { format }))
        const of_ = suite.task('long', { format })
        const { checkpoint, done } = await suite.killedAfter(2, of_)
        expect(done).toBeGreaterThan(0)
        expect(done).toBeLessThan(1)
        expect(checkpoint.uploaded).toBeGreaterThan(0)
        expect(checkpoint.uploaded).toBeLessThan(whole.bytes)

        const later: Checkpoint[] = []
        const save = async (point: Checkpoint) => void later.push(point)
        const places = await suite.placesRead(async () => {
          expect(await suite.at.cloud.processOrder({ ...of_, checkpoint, save })).toEqual(whole)
        })
        expect(checksum(await suite.read(of_, whole.bytes))).toBe(whole.sha256)
        // Not from the beginning; where little was left, the first one only adds that the file is finished.
        expect(later[0]!.uploaded).toBeGreaterThanOrEqual(checkpoint.uploaded)
        expect(suite.placeOf(checkpoint)).toBeGreaterThan(0)
        if (places) expect(Math.min(...places)).toBe(suite.placeOf(checkpoint))
      },
    )

    test('of Parquet goes on at its checkpoint, a row in a row group, and is the same file', async ({ skip }) => {
      if (!suite.at.files) return skip('it has no files')
      const { records, text, sha256 } = suite.long
      const rows = records.map(record => JSON.parse(record) as { id: number; text: string })
      await suite.at.files.put(`${suite.account}/packed.parquet`, parquetOf(rows, { rowGroupSize: 1_500 }))
      const of_ = suite.task('packed')
      const { checkpoint, done } = await suite.killedAfter(2, of_)
      const row = Number(checkpoint.cursor)
      expect([row > 0, row < rows.length, done > 0 && done < 1]).toEqual([true, true, true])
      expect(checkpoint.uploaded).toBe(Buffer.byteLength(lines(records.slice(0, row))))
      const file = await suite.at.cloud.processOrder({ ...of_, checkpoint })
      expect(file).toEqual({ records: rows.length, bytes: text.length, sha256 })
      expect(checksum(await suite.read(of_, file.bytes))).toBe(file.sha256)
    })

    test('goes on at a checkpoint, also at the same one twice', async () => {
      for (const saves of [1, 2]) {
        const of_ = suite.task('long')
        const { checkpoint } = await suite.killedAfter(saves, of_)
        await suite.killedAfter(1, { ...of_, checkpoint })
        const file = await suite.at.cloud.processOrder({ ...of_, checkpoint })
        expect(file.sha256).toBe(suite.long.sha256)
        expect(checksum(await suite.read(of_, file.bytes))).toBe(file.sha256)
      }
    })

    test('that is ended at each of its checkpoints in turn reads no record of its source twice', async () => {
      const of_ = suite.task('long')
      const { text, sha256 } = suite.long
      const { file, runs } = await suite.killedAtEach(of_)
      expect(file).toMatchObject({ bytes: text.length, sha256 })
      expect(runs).toBeGreaterThan(3)
      expect(checksum(await suite.read(of_, text.length))).toBe(sha256)
    })

    test.each([
      ['none, of an older version', undefined],
      ["another build's", Buffer.alloc(116).toString('base64')],
      ['spoilt', 'no state'],
    ])('goes on with what is written where the state of its checksum is %s', async (_, state) => {
      const of_ = suite.task('long')
      const { checkpoint } = await suite.killedAfter(2, of_)
      const { checksum: kept, ...others } = checkpoint
      const strange = state === undefined ? others : { ...others, checksum: kept && state }
      const again = await suite.killedAfter(1, { ...of_, checkpoint: strange })
      expect(again.checkpoint.uploaded).toBeGreaterThan(checkpoint.uploaded)
      const { text } = suite.long
      const places = await suite.placesRead(async () => {
        const { sha256 } = await suite.at.cloud.processOrder({ ...of_, checkpoint: again.checkpoint })
        expect(sha256).toBe(suite.long.sha256)
      })
      expect(checksum(await suite.read(of_, text.length))).toBe(suite.long.sha256)
      // The next run need not make up for it once more.
      if (places) expect(Math.min(...places)).toBe(suite.placeOf(again.checkpoint))
    })

    test('shows nothing before it is complete', async () => {
      const of_ = suite.task('medium')
      let looked = 0
      const save = async ({ uploaded }: Checkpoint) => {
        if (looked++ > 0) return
        // What is kept with us is asked for by bytes; whether a delivery is open is for the service to know.
        if (suite.at.files) await expect(suite.read(of_, uploaded, [0, 0])).rejects.toThrow(CloudRefused)
      }
      const { bytes } = await suite.at.cloud.processOrder({ ...of_, save })
      expect(looked).toBeGreaterThan(0)
      expect(await suite.read(of_, bytes, [0, 1])).toBe('{"')
      expect((await suite.at.cloud.listDatasets(suite.account)).map(({ name }) => name)).not.toContain('.waybill')
    })

    test('a source that changed since the checkpoint begins anew', async () => {
      await suite.at.put(suite.account, 'moving', suite.medium.records)
      const of_ = suite.task('moving')
      const { checkpoint } = await suite.killedAfter(1, of_)
      const changed = records(4_001).reverse()
      await suite.at.put(suite.account, 'moving', changed)
      const file = await suite.at.cloud.processOrder({ ...of_, checkpoint })
      expect(file).toMatchObject({ records: 4_001, sha256: checksum(lines(changed)) })
      expect(checksum(await suite.read(of_, file.bytes))).toBe(file.sha256)
    })

    test('from a checkpoint whose bytes are gone begins anew', async () => {
      const of_ = suite.task('medium')
      const { checkpoint } = await suite.killedAfter(1, of_)
      await suite.at.cloud.removeDelivery(suite.account, of_.processId)
      const file = await suite.at.cloud.processOrder({ ...of_, checkpoint })
      expect(file.sha256).toBe(suite.medium.sha256)
      await suite.at.cloud.removeDelivery(suite.account, of_.processId)
      expect(await suite.at.remains(suite.account, of_.processId)).toBe(0)
    })

    test('that lost its claim completes nothing', async () => {
      const lost = new Error('another process has it')
      const of_ = suite.task('medium')
      const assertHeld = async () => {
        throw lost
      }
      await expect(suite.at.cloud.processOrder({ ...of_, assertHeld })).rejects.toBe(lost)
      if (suite.at.files) await expect(suite.read(of_, 1)).rejects.toThrow(CloudRefused)
    })

    test('that is ended in the middle leaves nothing behind once it is removed', async () => {
      const stopping = new AbortController()
      const of_ = suite.task('medium', { signal: stopping.signal, save: async () => stopping.abort() })
      await expect(suite.at.cloud.processOrder(of_)).rejects.toThrow(/abort/i)
      expect(await suite.at.remains(suite.account, of_.processId)).toBeGreaterThan(0)
      await suite.at.cloud.removeDelivery(suite.account, of_.processId)
      expect(await suite.at.remains(suite.account, of_.processId)).toBe(0)
      await suite.at.cloud.removeDelivery(suite.account, of_.processId)
    })

    test('two datasets of one order side by side do not meet', async () => {
      const processId = uuidv7()
      const tasks = [suite.task('medium', { processId }), suite.task('people', { processId, position: 1 })]
      const [medium, people] = await Promise.all(tasks.map(one => suite.at.cloud.processOrder(one)))
      expect(checksum(await suite.read(tasks[0]!, medium!.bytes))).toBe(suite.medium.sha256)
      expect(await suite.read(tasks[1]!, people!.bytes)).toBe(lines(records(250)))
      await suite.at.cloud.removeDelivery(suite.account, processId)
      expect(await suite.at.remains(suite.account, processId)).toBe(0)
    })

    test('removing one delivery leaves the others, and the datasets', async () => {
      const [one, other] = [suite.task('people'), suite.task('people')]
      await suite.at.cloud.processOrder(one)
      const kept = await suite.at.cloud.processOrder(other)
      await suite.at.cloud.removeDelivery(suite.account, one.processId)
      await expect(suite.read(one, kept.bytes)).rejects.toThrow(CloudRefused)
      expect(checksum(await suite.read(other, kept.bytes))).toBe(kept.sha256)
      expect((await suite.at.cloud.getData(suite.account, 'people', undefined, 1)).records).toHaveLength(1)
    })
  })
}

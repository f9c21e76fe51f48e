import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExportTask } from '../src/clouds/cloud.ts'
import { SourceBroken } from '../src/clouds/cloud-error.ts'
import { ConversionThreads } from '../src/clouds/conversion-threads.ts'
import { LocalCloud } from '../src/clouds/drivers/local.ts'
import type { Checkpoint } from '../src/clouds/export-dataset.ts'

const mebibyte = 1024 * 1024
const rows = 400_000
const account = uuidv7()
let root: string
let options: { root: string; makeRoot: boolean; synced: boolean }
let ndjson: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-large-'))
  options = { root, makeRoot: true, synced: false }
  await mkdir(join(root, account))
  const ids = Array.from({ length: rows }, (_, id) => id)
  ndjson = ids.map(id => `{"id":"${id}","name":"row number ${id} of them all"}\n`).join('')
  await writeFile(join(root, account, 'lines.ndjson'), ndjson)
  await writeFile(
    join(root, account, 'table.csv'),
    `id,name\n${ids.map(id => `${id},row number ${id} of them all\n`).join('')}`,
  )
  await writeFile(join(root, account, 'broken.csv'), `a,b\n${'1,2\n'.repeat(2 * mebibyte)}3\n`)
})
afterAll(() => rm(root, { recursive: true }))

function newTask(dataset: string, more: Partial<ExportTask> = {}): ExportTask {
  return {
    ...{ account, processId: uuidv7(), position: 0, dataset, format: 'ndjson', checkpoint: undefined },
    ...{ signal: new AbortController().signal, saveEveryMilliseconds: 3_600_000, saveEveryBytes: 8 * mebibyte },
    save: async () => {},
    assertHeld: async () => {},
    ...more,
  }
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')
const deliveryOf = ({ processId, dataset }: ExportTask) =>
  join(root, account, '.waybill', processId, `${dataset}.ndjson`)

describe.each([
  { where: 'on the thread of its caller', threads: undefined },
  { where: 'on a thread of its own', threads: new ConversionThreads({ atMost: 1 }) },
])('a large export $where', ({ threads }) => {
  const cloud = () => new LocalCloud('LOCAL', options)
  const taskOf = (dataset: string, more: Partial<ExportTask> = {}) => newTask(dataset, { threads, ...more })

  test.each(['lines', 'table'])(
    'of %s is the right file, with a checkpoint every 8 MiB however quick it is',
    async dataset => {
      const uploaded: number[] = [0]
      const task = taskOf(dataset, {
        save: async checkpoint => {
          const { part } = checkpoint.upload as { part: string }
          expect((await stat(join(dirname(deliveryOf(task)), part))).size).toBeGreaterThanOrEqual(checkpoint.uploaded)
          uploaded.push(checkpoint.uploaded)
        },
      })
      const file = await cloud().processOrder(task)
      expect(file).toEqual({ records: rows, bytes: ndjson.length, sha256: sha256(ndjson) })
      expect(sha256(await readFile(deliveryOf(task)))).toBe(file.sha256)
      const gaps = [...uploaded, file.bytes].slice(1).map((bytes, at) => bytes - uploaded[at]!)
      expect(gaps.length).toBeGreaterThan(2)
      expect(Math.max(...gaps)).toBeLessThan(16 * mebibyte)
    },
  )

  test('ended by its second checkpoint goes on there and is the same file', async () => {
    const ended = new Error('ended')
    const saved: Checkpoint[] = []
    const task = taskOf('table', {
      save: async checkpoint => {
        if (saved.push(checkpoint) === 2) throw ended
      },
    })
    await expect(cloud().processOrder(task)).rejects.toBe(ended)
    const again: Checkpoint[] = []
    const save = async (checkpoint: Checkpoint) => {
      again.push(checkpoint)
    }
    const file = await cloud().processOrder({ ...task, checkpoint: saved[1], save })
    expect(file.sha256).toBe(sha256(ndjson))
    for (const { uploaded } of again) expect(uploaded).toBeGreaterThanOrEqual(saved[1]!.uploaded)
  })

  test('goes on at its checkpoint though a run that went on before was ended before its own first one', async () => {
    const ended = new Error('ended')
    const saved: Checkpoint[] = []
    const task = taskOf('table', {
      save: async checkpoint => {
        if (saved.push(checkpoint) === 2) throw ended
      },
    })
    await expect(cloud().processOrder(task)).rejects.toBe(ended)
    const checkpoint = saved[1]
    for (let crash = 0; crash < 2; crash++) {
      const dying = cloud().processOrder({ ...task, checkpoint, save: () => Promise.reject(ended) })
      await expect(dying).rejects.toBe(ended)
    }
    const again: Checkpoint[] = []
    const save = async (it: Checkpoint) => {
      again.push(it)
    }
    expect((await cloud().processOrder({ ...task, checkpoint, save })).sha256).toBe(sha256(ndjson))
    for (const { uploaded } of again) expect(uploaded).toBeGreaterThanOrEqual(checkpoint!.uploaded)
  })

  test('that was complete when its run was ended is not written again', async () => {
    let last: Checkpoint | undefined
    const task = taskOf('table', {
      save: async checkpoint => {
        last = checkpoint
      },
    })
    const file = await cloud().processOrder(task)
    const { ino } = await stat(deliveryOf(task))
    expect(await cloud().processOrder({ ...task, checkpoint: last })).toEqual(file)
    expect((await stat(deliveryOf(task))).ino).toBe(ino)
    // But what is not the file that it was is made anew.
    await truncate(deliveryOf(task), 5)
    expect(await cloud().processOrder({ ...task, checkpoint: last })).toEqual(file)
    expect(sha256(await readFile(deliveryOf(task)))).toBe(file.sha256)
  })

  test('that is aborted rejects with the reason', async () => {
    const stopping = new AbortController()
    const reason = new Error('cancelled')
    const task = taskOf('lines', { signal: stopping.signal, save: async () => stopping.abort(reason) })
    await expect(cloud().processOrder(task)).rejects.toBe(reason)
    await expect(cloud().processOrder(taskOf('lines', { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  })

  test('of a broken source says what is wrong with it', async () => {
    const refused = cloud().processOrder(taskOf('broken'))
    await expect(refused).rejects.toThrow(SourceBroken)
    await expect(refused).rejects.toThrow('broken.csv, line 2097154: 1 field, the header has 2')
  })
})

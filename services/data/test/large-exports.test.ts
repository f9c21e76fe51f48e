import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '@waybill/platform/clock'
import { uuidv7 } from 'uuidv7'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExportedFile, ExportTask } from '../src/clouds/cloud.ts'
import { SourceBroken } from '../src/clouds/cloud-error.ts'
import { LocalCloud } from '../src/clouds/drivers/local.ts'
import type { Checkpoint } from '../src/clouds/export-dataset.ts'
import { ExportThreads } from '../src/clouds/export-threads.ts'
import { usualPatience } from '../src/clouds/guarded-calls.ts'

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

const here = (task: ExportTask) => new LocalCloud('LOCAL', options).processOrder(task)

const threads = new ExportThreads({
  ...{ home: tmpdir(), synced: false, clock: systemClock, patience: usualPatience },
  // LOCAL keeps its deliveries itself.
  deliveries: { write: () => undefined as never, read: () => undefined as never, remove: async () => {} },
})

/** As the service does. */
function onThread(task: ExportTask): Promise<ExportedFile> {
  const cloud = { name: 'LOCAL', driver: 'local', settings: { root }, version: 1 }
  return here({ ...task, elsewhere: () => threads.run(cloud, task) })
}

describe.each([
  { where: 'on the thread of its caller', run: here },
  { where: 'on a thread of its own', run: onThread },
])('a large export $where', ({ run }) => {
  test.each(['lines', 'table'])(
    'of %s is the right file, with a checkpoint every 8 MiB however quick it is',
    async dataset => {
      const uploaded: number[] = [0]
      const task = newTask(dataset, {
        save: async checkpoint => {
          const { part } = checkpoint.upload as { part: string }
          expect((await stat(join(dirname(deliveryOf(task)), part))).size).toBeGreaterThanOrEqual(checkpoint.uploaded)
          uploaded.push(checkpoint.uploaded)
        },
      })
      const file = await run(task)
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
    const task = newTask('table', {
      save: async checkpoint => {
        if (saved.push(checkpoint) === 2) throw ended
      },
    })
    await expect(run(task)).rejects.toBe(ended)
    const again: Checkpoint[] = []
    const save = async (checkpoint: Checkpoint) => {
      again.push(checkpoint)
    }
    const file = await run({ ...task, checkpoint: saved[1], save })
    expect(file.sha256).toBe(sha256(ndjson))
    for (const { uploaded } of again) expect(uploaded).toBeGreaterThanOrEqual(saved[1]!.uploaded)
  })

  test('goes on at its checkpoint though a run that went on before was ended before its own first one', async () => {
    const ended = new Error('ended')
    const saved: Checkpoint[] = []
    const task = newTask('table', {
      save: async checkpoint => {
        if (saved.push(checkpoint) === 2) throw ended
      },
    })
    await expect(run(task)).rejects.toBe(ended)
    const checkpoint = saved[1]
    for (let crash = 0; crash < 2; crash++) {
      const dying = run({ ...task, checkpoint, save: () => Promise.reject(ended) })
      await expect(dying).rejects.toBe(ended)
    }
    const again: Checkpoint[] = []
    const save = async (it: Checkpoint) => {
      again.push(it)
    }
    expect((await run({ ...task, checkpoint, save })).sha256).toBe(sha256(ndjson))
    for (const { uploaded } of again) expect(uploaded).toBeGreaterThanOrEqual(checkpoint!.uploaded)
  })

  test('that was complete when its run was ended is not written again', async () => {
    let last: Checkpoint | undefined
    const task = newTask('table', {
      save: async checkpoint => {
        last = checkpoint
      },
    })
    const file = await run(task)
    const { ino } = await stat(deliveryOf(task))
    expect(await run({ ...task, checkpoint: last })).toEqual(file)
    expect((await stat(deliveryOf(task))).ino).toBe(ino)
    // But what is not the file that it was is made anew.
    await truncate(deliveryOf(task), 5)
    expect(await run({ ...task, checkpoint: last })).toEqual(file)
    expect(sha256(await readFile(deliveryOf(task)))).toBe(file.sha256)
  })

  test('that is aborted rejects with the reason', async () => {
    const stopping = new AbortController()
    const reason = new Error('cancelled')
    const task = newTask('lines', { signal: stopping.signal, save: async () => stopping.abort(reason) })
    await expect(run(task)).rejects.toBe(reason)
    await expect(run(newTask('lines', { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  })

  test('of a broken source says what is wrong with it', async () => {
    const refused = run(newTask('broken'))
    await expect(refused).rejects.toThrow(SourceBroken)
    await expect(refused).rejects.toThrow('broken.csv, line 2097154: 1 field, the header has 2')
  })
})

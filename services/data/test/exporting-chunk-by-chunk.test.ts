// However small or large the chunks of a source are, its export is the same file: from any checkpoint, and beside others.
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { uuidv7 } from 'uuidv7'
import { describe, expect, test } from 'vitest'
import type { ExportedFile, ExportTask } from '../src/clouds/cloud.ts'
import { SourceBroken } from '../src/clouds/cloud-error.ts'
import { type Checkpoint, exportDataset, type Source, type SourcePlace } from '../src/clouds/export-dataset.ts'
import type { Upload, UploadTarget } from '../src/clouds/upload.ts'

const rows = 60_000
const announcedBytes = 8 * 1024 * 1024
const records = Array.from({ length: rows }, (_, id) =>
  id % 3 === 0 ? `{"id":${id},"text":"${'x'.repeat(id % 200)}"}` : `{"id":${id},"more":[${id}]}`,
)
const ndjson = Buffer.from(records.map(record => `${record}\n`).join(''))
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Keeps what is uploaded in memory; `readable` says whether it can be read back before the end. */
class MemoryTarget implements UploadTarget {
  content = Buffer.alloc(0)
  readonly #readable: boolean

  constructor(options: { readable: boolean }) {
    this.#readable = options.readable
  }

  async begin(): Promise<Upload> {
    this.content = Buffer.alloc(0)
    return this.#upload()
  }

  async resume(_state: unknown, bytes: number): Promise<Upload> {
    this.content = this.content.subarray(0, bytes)
    return this.#upload()
  }

  #upload(): Upload {
    const written = this.content
    return {
      leastPartBytes: 0,
      partsAtOnce: 1,
      append: async ({ pieces, release }) => {
        await pause(1)
        this.content = Buffer.concat([this.content, ...pieces])
        release()
      },
      settle: async () => null,
      ...(this.#readable ? { readBack: () => chunksOf(written, 100_000) } : {}),
      complete: async () => {},
      close: async () => {},
    }
  }
}

async function* chunksOf(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Chunks are written over as soon as the next one is asked for, as a source may. */
function sourceOf(content: Buffer, chunkBytes: number): Source {
  const lent = Buffer.alloc(chunkBytes)
  return {
    ...{ name: 'lines.ndjson', version: '1', format: 'ndjson', bytes: announcedBytes },
    async *read({ offset }) {
      for await (const chunk of chunksOf(content.subarray(offset), chunkBytes)) {
        lent.set(chunk)
        yield { bytes: lent.subarray(0, chunk.length) }
        lent.fill('!')
      }
    },
  }
}

/** Pages of 100 records, whose place is a number of pages and no offset. */
const pages: Source = {
  ...{ name: 'pages', version: '1', format: 'ndjson', bytes: announcedBytes },
  async *read({ cursor }) {
    for (let page = Number(cursor ?? 0); page * 100 < rows; page++) {
      const lines = records.slice(page * 100, page * 100 + 100)
      const isLast = (page + 1) * 100 >= rows
      yield { bytes: Buffer.from(lines.map(line => `${line}\n`).join('')), cursor: isLast ? null : String(page + 1) }
    }
  },
}

function taskOf(more: Partial<ExportTask> = {}): ExportTask {
  return {
    ...{ account: uuidv7(), processId: uuidv7(), position: 0, dataset: 'lines', format: 'ndjson' },
    ...{ checkpoint: undefined, signal: new AbortController().signal },
    ...{ saveEveryMilliseconds: 3_600_000, saveEveryBytes: 256 * 1024 },
    save: async () => {},
    assertHeld: async () => {},
    ...more,
  }
}

async function exported(source: Source, more: Partial<ExportTask> = {}): Promise<ExportedFile & { content: Buffer }> {
  const target = new MemoryTarget({ readable: true })
  return { ...(await exportDataset(source, target, taskOf(more))), content: target.content }
}

describe('an export', () => {
  test.each([1_000, 256 * 1024, 1_000_000])('makes the same file of chunks of %i bytes', async size => {
    const file = await exported(sourceOf(ndjson, size))
    expect(file.content.equals(ndjson)).toBe(true)
    expect(file).toMatchObject({ records: rows, sha256: sha256(ndjson) })
    const csv = await exported(sourceOf(ndjson, size), { format: 'csv' })
    const whole = await exported(sourceOf(ndjson, ndjson.length), { format: 'csv' })
    expect([csv.records, csv.sha256, csv.content.equals(whole.content)]).toEqual([rows, sha256(whole.content), true])
    expect(csv.content.toString().split('\n').slice(0, 3)).toEqual(['id,text,more', '0,"",', '1,,[1]'])
  })

  test.each([
    { of: 'bytes', readable: true, source: sourceOf(ndjson, 5_000) },
    { of: 'bytes that cannot be read back', readable: false, source: sourceOf(ndjson, 5_000) },
    { of: 'pages', readable: true, source: pages },
    { of: 'pages that cannot be read back', readable: false, source: pages },
  ])('goes on from any checkpoint: $of', async ({ readable, source }) => {
    const ended = new Error('ended')
    for (const endAt of [1, 2, 3]) {
      const saved: Checkpoint[] = []
      const target = new MemoryTarget({ readable })
      const places: SourcePlace[] = []
      const seen: Source = {
        ...source,
        read: (place, signal) => {
          places.push(place)
          return source.read(place, signal)
        },
      }
      const task = taskOf({
        saveEveryMilliseconds: 0,
        save: async checkpoint => {
          if (saved.push(structuredClone(checkpoint)) === endAt) throw ended
        },
      })
      await expect(exportDataset(seen, target, task)).rejects.toBe(ended)
      const checkpoint = saved.at(-1)!
      const file = await exportDataset(seen, target, { ...task, checkpoint, save: async () => {} })
      expect(places.at(-1)).toEqual({ offset: checkpoint.converter.offset, cursor: checkpoint.cursor })
      expect(checkpoint.converter.offset).toBeGreaterThan(0)
      expect(target.content.equals(ndjson)).toBe(true)
      expect(file).toMatchObject({ records: rows, sha256: sha256(ndjson) })
    }
  })

  test('runs beside others', async () => {
    const files = await Promise.all(
      Array.from({ length: 7 }, (_, at) => exported(sourceOf(ndjson, 10_000 + at), { format: 'csv' })),
    )
    expect(new Set(files.map(({ sha256 }) => sha256)).size).toBe(1)
  })

  test('says what is wrong with a source, and the next one is none the worse for it', async () => {
    const broken = Buffer.concat([ndjson, Buffer.from('{"id":1,}\n'), ndjson])
    const refused = exported(sourceOf(broken, 10_000))
    await expect(refused).rejects.toThrow(SourceBroken)
    await expect(refused).rejects.toThrow(`lines.ndjson, line ${rows + 1}: `)
    expect((await exported(sourceOf(ndjson, 10_000))).records).toBe(rows)
  })

  test('ends with its export', async () => {
    const stopping = new AbortController()
    const reason = new Error('cancelled')
    const save = async () => stopping.abort(reason)
    await expect(exported(sourceOf(ndjson, 10_000), { signal: stopping.signal, save })).rejects.toBe(reason)
    expect((await exported(sourceOf(ndjson, 10_000))).records).toBe(rows)
  })
})

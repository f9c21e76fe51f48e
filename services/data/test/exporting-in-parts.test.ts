// Parts of an export go to a store side by side, in memory that is used again.
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { uuidv7 } from 'uuidv7'
import { describe, expect, test } from 'vitest'
import { type Checkpoint, exportDataset, type Source } from '../src/clouds/export-dataset.ts'
import { GuardedCalls, usualPatience } from '../src/clouds/guarded-calls.ts'
import { sendPart } from '../src/clouds/part-body.ts'
import { PartMemory } from '../src/clouds/part-memory.ts'
import { readOn } from '../src/clouds/read-on.ts'
import type { Upload, UploadTarget } from '../src/clouds/upload.ts'

const mebibyte = 1024 * 1024
const line = `{"text":"${'x'.repeat(1_000)}"}\n`
const lines = Buffer.from(line.repeat(4_000))

const source: Source = {
  ...{ name: 'lines.ndjson', version: '1', format: 'ndjson', bytes: lines.length },
  async *read({ offset }) {
    for (let at = offset; at < lines.length; at += 65_536) yield { bytes: lines.subarray(at, at + 65_536) }
  },
}

/** Stores two parts at once, and of each two the later one first. */
class LateFirstParts implements UploadTarget {
  readonly stored: (Buffer | undefined)[] = []
  most = 0
  #underWay = 0
  #release: (() => void) | undefined

  async begin(): Promise<Upload> {
    return {
      leastPartBytes: mebibyte,
      partsAtOnce: 2,
      append: async ({ pieces, release }) => {
        const at = this.stored.push(undefined) - 1
        this.most = Math.max(this.most, ++this.#underWay)
        const isLate = at % 2 === 0
        if (isLate) await new Promise<void>(resolve => (this.#release = resolve))
        this.stored[at] = Buffer.concat(pieces)
        release()
        this.#underWay--
        if (!isLate) this.#release?.()
      },
      settle: async parts => ({ parts, whole: this.stored.slice(0, parts).every(part => part !== undefined) }),
      complete: async () => {},
      close: async () => {},
    }
  }

  resume(): Promise<Upload> {
    throw new Error('nothing goes on here')
  }
}

test('parts are on their way side by side, and a checkpoint lies behind those that are stored without a gap', async () => {
  const target = new LateFirstParts()
  const saved: Checkpoint[] = []
  const file = await exportDataset(source, target, {
    ...{ account: uuidv7(), processId: uuidv7(), position: 0, dataset: 'lines', format: 'ndjson' },
    ...{ checkpoint: undefined, signal: new AbortController().signal },
    ...{ saveEveryMilliseconds: 3_600_000, saveEveryBytes: 1 },
    save: async checkpoint => void saved.push(checkpoint),
    assertHeld: async () => {},
  })
  expect(target.most).toBe(2)
  expect(Buffer.concat(target.stored as Buffer[]).equals(lines)).toBe(true)
  expect(file.bytes).toBe(lines.length)
  const points = saved.filter(({ finished }) => !finished)
  expect(points.length).toBeGreaterThan(0)
  for (const { upload, uploaded, converter } of points) {
    const { parts, whole } = upload as { parts: number; whole: boolean }
    expect(whole).toBe(true)
    const bytes = target.stored.slice(0, parts).reduce((sum, part) => sum + part!.length, 0)
    expect([uploaded, converter.offset]).toEqual([bytes, bytes])
  }
})

describe('the memory of a part', () => {
  test('is used again by the next one, but not where a try that failed may still be sending it', async () => {
    const memory = new PartMemory()
    const lend = (text: string, isSpoilt = false) =>
      memory.lend([Buffer.from(text), Buffer.from('!')], async (whole, spoil) => {
        if (isSpoilt) spoil()
        expect(whole.toString()).toBe(`${text}!`)
        return whole
      })
    const first = await lend('first')
    const second = await lend('second', true)
    expect(second.buffer).toBe(first.buffer)
    const third = await lend('third')
    expect(third.buffer).not.toBe(second.buffer)
    expect(second.toString()).toBe('second!')
  })
})

test.each([
  { fails: 0, released: 1 },
  { fails: 1, released: 0 },
])(
  'a part is streamed anew for each try, and written over only where none failed ($fails)',
  async ({ fails, released }) => {
    const pieces = [Buffer.from('first, '), Buffer.from('second')]
    let releases = 0
    const part = { pieces, release: () => void releases++ }
    const sent = await sendPart(part, async ({ length, open, spoil }) => {
      for (let failed = 0; failed < fails; failed++) {
        open().once('readable', () => {})
        spoil()
      }
      expect(releases).toBe(0)
      return `${length} ${await text(open())}`
    })
    expect(sent).toBe('13 first, second')
    expect(releases).toBe(released)
  },
)

test('a part that could not be sent is not written over', async () => {
  const part = { pieces: [Buffer.from('lost')], release: () => expect.unreachable() }
  await expect(sendPart(part, () => Promise.reject(new Error('cut off')))).rejects.toThrow('cut off')
})

test.each([
  { lent: true, left: [0, 5, 5] },
  { lent: false, left: [4, 5, 5] },
])(
  'what was read gives its memory back at once where it is lent ($lent), and none that it shares',
  async ({ lent, left }) => {
    const shared = Buffer.from(new ArrayBuffer(5))
    const chunks = [Buffer.from(new ArrayBuffer(4)), shared.subarray(0, 3), shared.subarray(3)]
    const calls = new GuardedCalls({ cloud: 'NEARBY', patience: usualPatience, explain: () => undefined })
    const read = readOn(calls, { start: 0, end: 8, lent }, async () => Readable.from(chunks))
    const lengths: number[] = []
    for await (const chunk of read) lengths.push(chunk.length)
    expect(lengths).toEqual([4, 3, 2])
    expect(chunks.map(({ buffer }) => buffer.byteLength)).toEqual(left)
  },
)

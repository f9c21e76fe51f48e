// What the parts of the suite of clouds share: the cloud, an account with datasets, and ways to read and export them.
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { uuidv7 } from 'uuidv7'
import { expect } from 'vitest'
import type { Cloud, ExportedFile, ExportTask } from '../../src/clouds/cloud.ts'
import type { Checkpoint } from '../../src/clouds/export-dataset.ts'
import { ExportThreads } from '../../src/clouds/export-threads.ts'
import type { CloudUnderTest } from './cloud-under-test.ts'

export const records = (count: number) =>
  Array.from({ length: count }, (_, at) => `{"id":${at},"name":"名前 ${at} — \\"ß\\"","n":1.0}`)
export const checksum = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')
export const lines = (of: string[]) => of.map(record => `${record}\n`).join('')

/** So many bytes of records, at least. */
export function bulk(bytes: number, letter = 'x'): string[] {
  const filler = letter.repeat(1_000)
  return Array.from({ length: Math.ceil(bytes / filler.length) }, (_, at) => `{"id":${at},"text":"${filler}"}`)
}

/** Records, and what an export of them is. */
export interface Written {
  records: string[]
  text: string
  sha256: string
}

function written(of: string[]): Written {
  const text = lines(of)
  return { records: of, text, sha256: checksum(text) }
}

/** Where parts may be small, exports of this many bytes have several. */
const severalPartsBytes = 256 * 1024 * 6.5
const runsAtMost = 3

export class CloudSuite {
  /** Of the datasets `people` (250 records), `empty`, `medium` and `long`. */
  readonly account = uuidv7()
  /** Exported in parts: one checkpoint comes before its end, and as a rule no more. */
  medium = written([])
  /** Exported in several parts, with three checkpoints and more. */
  long = written([])
  readonly #driver: string
  #at: CloudUnderTest | undefined
  #threads: ExportThreads | undefined

  /** @param driver the name of its file. */
  constructor(driver: string) {
    this.#driver = driver
  }

  get at(): CloudUnderTest {
    return this.#at!
  }

  async start(at: CloudUnderTest): Promise<void> {
    this.#at = at
    this.#threads = new ExportThreads(at.context)
    const leastPartBytes = at.files?.leastPartBytes ?? 0
    this.medium = written(bulk(Math.max(leastPartBytes * 3.5, severalPartsBytes)))
    this.long = written(bulk(Math.max(leastPartBytes * 6.5, severalPartsBytes)))
    await at.put(this.account, 'people', records(250))
    await at.put(this.account, 'empty', [])
    await at.put(this.account, 'medium', this.medium.records)
    await at.put(this.account, 'long', this.long.records)
  }

  async stop(): Promise<void> {
    await this.#at?.stop()
  }

  task(dataset: string, more: Partial<ExportTask> = {}): ExportTask {
    return {
      ...{ account: this.account, processId: uuidv7(), position: 0, dataset, format: 'ndjson', checkpoint: undefined },
      ...{ signal: new AbortController().signal, saveEveryMilliseconds: 0, saveEveryBytes: 0, save: async () => {} },
      assertHeld: async () => {},
      ...more,
    }
  }

  /** As the service exports what is large: with the cloud opened once more, on a thread. */
  exportOnThread(of: ExportTask, settings = this.at.settings): Promise<ExportedFile> {
    const order = {
      name: this.#driver.toUpperCase(),
      driver: this.#driver,
      settings,
      version: settings === this.at.settings ? 1 : 2,
    }
    return this.#threads!.run(order, of)
  }

  async read(of: ExportTask, bytes: number, range?: [number, number]): Promise<string> {
    return (await this.readBytes(of, bytes, range)).toString()
  }

  async readBytes(of: ExportTask, bytes: number, range?: [number, number]): Promise<Buffer> {
    const [start, end] = range ?? [0, bytes - 1]
    return buffer(await this.at.cloud.openDelivery({ ...of, bytes }, start, end))
  }

  async readAll(dataset: string, limit: number, of = this.account): Promise<{ records: string[]; pages: number }> {
    const all: string[] = []
    let position: unknown
    let pages = 0
    do {
      const page = await this.at.cloud.getData(of, dataset, position, limit)
      all.push(...page.records)
      // A position travels as JSON.
      position = page.next === null ? null : JSON.parse(JSON.stringify(page.next))
      pages++
    } while (position !== null)
    return { records: all, pages }
  }

  /**
   * Where in the source of an export `work` began to read, each time: bytes, or cursors of pages. Undefined where nothing
   * stands in between that could tell.
   */
  async placesRead(work: () => Promise<unknown>): Promise<number[] | undefined> {
    const { gate, files } = this.at
    const [calls, reads] = [gate?.calls.length, gate?.reads.length]
    await work()
    if (files) return gate?.reads.slice(reads)
    const pages = gate?.calls.slice(calls).filter(call => call.includes('/records?'))
    return pages?.map(call => Number(new URLSearchParams(call.slice(call.indexOf('?'))).get('cursor') ?? 0))
  }

  /** The same of a checkpoint: where the next run is to read on. */
  placeOf({ converter, cursor }: Checkpoint): number {
    return this.at.files ? converter.offset : Number(cursor)
  }

  /**
   * Runs an export until it has saved so many checkpoints, as if the process were killed then; answers the last one. Where the first part
   * came so late that the others were all there, too, and nothing is left to go on with, it is run once more.
   */
  async killedAfter(saves: number, of: ExportTask): Promise<{ checkpoint: Checkpoint; done: number }> {
    const killed = new Error('killed')
    for (let run = 1; ; run++) {
      const saved: { checkpoint: Checkpoint; done: number }[] = []
      const save = async (checkpoint: Checkpoint, done: number) => {
        saved.push({ checkpoint: JSON.parse(JSON.stringify(checkpoint)), done })
        if (saved.length === saves) throw killed
      }
      const ended = await this.at.cloud.processOrder({ ...of, save }).catch(error => error)
      const isInTheMiddle = ended === killed && saved.at(-1)!.done < 1
      if (isInTheMiddle || of.checkpoint || run === runsAtMost) {
        expect(ended).toBe(killed)
        return saved.at(-1)!
      }
    }
  }

  /**
   * Runs an export as if the process were killed at each of its checkpoints in turn, until it is done. Each run has to come further,
   * and to begin to read where the one before ended.
   */
  async killedAtEach(
    of: ExportTask,
    run: Cloud['processOrder'] = task => this.at.cloud.processOrder(task),
  ): Promise<{ file: ExportedFile; runs: number }> {
    const killed = new Error('killed')
    let checkpoint: Checkpoint | undefined
    let file: ExportedFile | undefined
    let runs = 0
    for (; !file; runs++) {
      const from = checkpoint
      const save = async (point: Checkpoint) => {
        if (point.finished) return
        expect(point.uploaded).toBeGreaterThan(from?.uploaded ?? 0)
        checkpoint = JSON.parse(JSON.stringify(point))
        throw killed
      }
      const places = await this.placesRead(async () => {
        file = await run({ ...of, checkpoint: from, save }).catch(error => {
          if (error !== killed) throw error
          return undefined
        })
      })
      if (places?.length) expect(Math.min(...places)).toBe(from ? this.placeOf(from) : 0)
    }
    return { file, runs }
  }
}

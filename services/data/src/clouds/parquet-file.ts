// A Parquet file in a cloud, as a source of records: pages of them, or all for an export.

import { giveBack } from '../given-back.ts'
import type { ReadingLimits, RecordBatch } from '../parquet/parquet-reading.ts'
import { OrderNeeded, SourceBroken } from './cloud-error.ts'
import type { Source, SourceChunk } from './export-dataset.ts'
import { type OpenParquet, openParquet, ParquetRefused } from './parquet-threads.ts'

interface FileAbout {
  /** For messages: `airports.parquet`. */
  name: string
  /** The same for the same content of the same file only, among all clouds. */
  version: string
  bytes: number
}

/** Both inclusive. */
type ReadBytes = (start: number, end: number, signal?: AbortSignal) => AsyncIterable<Uint8Array>

const mebibyte = 1024 * 1024
/** What lies in memory of one file while it is exported, or while a page of records is read. */
const exportLimits: ReadingLimits = { unpackedBytes: 64 * mebibyte, readAheadBytes: 8 * mebibyte }
const pageLimits: ReadingLimits = { unpackedBytes: 32 * mebibyte, readAheadBytes: 4 * mebibyte }
const batchBytes = 256 * 1024
/** A page ends early rather than grow beyond that. */
const pageBytes = 4 * mebibyte

export class ParquetFile {
  readonly #about: FileAbout
  readonly #readBytes: ReadBytes

  constructor(about: FileAbout, readBytes: ReadBytes) {
    this.#about = about
    this.#readBytes = readBytes
  }

  /** JSON texts, and the row behind them; null at the end. Throws OrderNeeded where a page would cost too much. */
  async readPage(row: number, limit: number): Promise<{ records: string[]; next: number | null }> {
    const aborted = new AbortController()
    const file = this.#open(row, pageLimits, aborted.signal)
    try {
      const { bytes, next } = await file.next({ records: limit, enoughBytes: pageBytes })
      const lines = asBuffer(bytes).toString('utf8').split('\n')
      return { records: lines.slice(0, -1), next }
    } catch (error) {
      if (error instanceof ParquetRefused && error.isTooLarge) {
        throw new OrderNeeded(`${this.#about.name} cannot be paged through: ${error.message}`, { cause: error })
      }
      throw this.#refusal(error)
    } finally {
      aborted.abort()
      file.close()
    }
  }

  /** Reads the footer; records are read later, from a row on, which is their cursor. */
  async openSource(signal: AbortSignal): Promise<Pick<Source, 'columns' | 'shareRead' | 'read'>> {
    const { rows, columns } = await this.#describe(signal)
    let row = 0
    return {
      columns,
      shareRead: () => row / Math.max(rows, 1),
      read: ({ cursor }, readSignal) =>
        this.#readOn(cursor === null ? 0 : Number(cursor), readSignal, at => (row = at)),
    }
  }

  async #describe(signal: AbortSignal): Promise<{ rows: number; columns: string[] }> {
    const file = this.#open(0, exportLimits, signal)
    try {
      return await file.describe()
    } catch (error) {
      throw this.#refusal(error)
    } finally {
      file.close()
    }
  }

  /** The next batch is made while this one is worked on. */
  async *#readOn(from: number, signal: AbortSignal, tell: (row: number) => void): AsyncIterable<SourceChunk> {
    const aborted = new AbortController()
    const file = this.#open(from, exportLimits, AbortSignal.any([signal, aborted.signal]))
    const ask = () => {
      const asked = file.next({ records: Number.MAX_SAFE_INTEGER, enoughBytes: batchBytes })
      // It is for whoever waits for the batch to hear that it failed; nobody may.
      asked.catch(() => {})
      return asked
    }
    try {
      for (let asked: ReturnType<OpenParquet['next']> | undefined = ask(); asked; ) {
        const { bytes, next, records }: RecordBatch = await asked
        asked = next === null ? undefined : ask()
        tell(next ?? from + records)
        if (bytes.length > 0) yield { bytes, cursor: next === null ? null : String(next) }
        giveBack(bytes)
      }
    } catch (error) {
      throw this.#refusal(error)
    } finally {
      aborted.abort()
      file.close()
    }
  }

  #open(row: number, limits: ReadingLimits, signal: AbortSignal): OpenParquet {
    const { version, bytes } = this.#about
    return openParquet({ version, bytes, row, limits }, (start, end) => this.#readRange(start, end, signal))
  }

  /** In memory of its own. */
  async #readRange(start: number, end: number, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(end - start)
    let at = 0
    for await (const chunk of this.#readBytes(start, end - 1, signal)) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    if (at < bytes.length)
      throw new SourceBroken(`${this.#about.name} ended at byte ${start + at} of ${this.#about.bytes}`)
    return bytes
  }

  #refusal(error: unknown): unknown {
    if (!(error instanceof ParquetRefused)) return error
    const { name } = this.#about
    const reason = error.isTooLarge
      ? `cannot be read: ${error.message}`
      : `is no Parquet file that can be read: ${error.message}`
    return new SourceBroken(`${name} ${reason}`, { cause: error })
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

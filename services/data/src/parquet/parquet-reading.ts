// Reads the records of a Parquet file as NDJSON from any row on, a little at a time: of each column only the page that is at hand
// lies in memory, so that a row group may be as large as it likes.
import { MAX_RECORD_BYTES } from '../formats/format-error.ts'
import { ColumnCursor } from './column-cursor.ts'
import { ColumnPages } from './column-pages.ts'
import type { Footer, ParquetSource, RowGroup } from './footer.ts'
import { JsonOutput } from './json-output.ts'
import { MemoryBudget } from './memory-budget.ts'
import { ParquetError, ParquetTooLarge } from './parquet-error.ts'
import { RecordWriter } from './record-writer.ts'

/** Whole records, a line each. */
export interface RecordBatch {
  bytes: Buffer
  records: number
  /** The row behind them; null at the end of the file. */
  next: number | null
}

export interface ReadingLimits {
  /** What may be unpacked at one time. */
  unpackedBytes: number
  /** What is read of a file before it is needed, of all its columns. */
  readAheadBytes: number
}

const NEWLINE = 0x0a
const firstOutputBytes = 64 * 1024
const leastWindowBytes = 32 * 1024
const mostWindowBytes = 512 * 1024
/** A row group of less is read in one go. */
const smallGroupBytes = 1024 * 1024
/** Up to so many columns are asked for at once. */
const columnsAtOnce = 8

export class ParquetReading {
  readonly #source: ParquetSource
  readonly #footer: Footer
  readonly #limits: ReadingLimits
  readonly #budget: MemoryBudget
  readonly #output = new JsonOutput(firstOutputBytes)
  #row: number
  #group: OpenGroup | undefined

  constructor(source: ParquetSource, footer: Footer, { row, limits }: { row: number; limits: ReadingLimits }) {
    this.#source = source
    this.#footer = footer
    this.#limits = limits
    this.#budget = new MemoryBudget(limits.unpackedBytes)
    this.#row = row
  }

  /** At least one record, where there is one left, and no more than that once there are `enoughBytes`. */
  async next({ records: wanted, enoughBytes }: { records: number; enoughBytes: number }): Promise<RecordBatch> {
    const output = this.#output
    let records = 0
    while (records < wanted && output.length < enoughBytes && this.#row < this.#footer.rows) {
      const group = await this.#openGroup()
      const ready = Math.min(await group.ready(), wanted - records)
      for (let count = 0; count < ready && output.length < enoughBytes; count++) {
        const start = output.length
        group.writer.write()
        output.byte(NEWLINE)
        if (output.length - start > MAX_RECORD_BYTES) throw recordTooLarge(this.#row)
        this.#row++
        records++
      }
    }
    return { bytes: output.take(), records, next: this.#row < this.#footer.rows ? this.#row : null }
  }

  close(): void {
    this.#group?.close()
    this.#group = undefined
  }

  async #openGroup(): Promise<OpenGroup> {
    if (this.#group && this.#row < this.#group.endRow) return this.#group
    this.close()
    const row = this.#row
    const group = this.#footer.groups.find(({ firstRow, rows }) => row < firstRow + rows)!
    const cursors = await this.#openColumns(group)
    const writer = new RecordWriter(this.#footer.shape, cursors, this.#output)
    this.#group = new OpenGroup(group.firstRow + group.rows, cursors, writer)
    if (row > group.firstRow) await inTurn(cursors, cursor => cursor.seek(row - group.firstRow))
    return this.#group
  }

  async #openColumns({ chunks }: RowGroup): Promise<ColumnCursor[]> {
    const start = Math.min(...chunks.map(chunk => chunk.start))
    const end = Math.max(...chunks.map(chunk => chunk.end))
    const isSmall = end - start <= Math.min(smallGroupBytes, this.#limits.readAheadBytes)
    const source = isSmall ? await fetched(this.#source, start, end) : this.#source
    const share = Math.floor(this.#limits.readAheadBytes / chunks.length)
    const windowBytes = Math.min(Math.max(share, leastWindowBytes), mostWindowBytes)
    return chunks.map(chunk => {
      const pages = new ColumnPages(source, chunk, { budget: this.#budget, windowBytes })
      return new ColumnCursor(chunk.column, pages)
    })
  }
}

class OpenGroup {
  readonly endRow: number
  readonly writer: RecordWriter
  readonly #cursors: ColumnCursor[]

  constructor(endRow: number, cursors: ColumnCursor[], writer: RecordWriter) {
    this.endRow = endRow
    this.#cursors = cursors
    this.writer = writer
  }

  /** How many rows lie in memory; at least one. */
  async ready(): Promise<number> {
    const empty = this.#cursors.filter(cursor => cursor.rowsReady === 0)
    if (empty.length > 0) await inTurn(empty, cursor => cursor.load())
    return this.#cursors.reduce((least, cursor) => Math.min(least, cursor.rowsReady), Number.POSITIVE_INFINITY)
  }

  close(): void {
    for (const cursor of this.#cursors) cursor.close()
  }
}

/** The same bytes, of which those from `start` to `end` are there already. */
async function fetched(source: ParquetSource, start: number, end: number): Promise<ParquetSource> {
  const bytes = await source.read(start, end)
  return {
    bytes: source.bytes,
    isShared: true,
    read: async (from, to) =>
      from >= start && to <= end ? bytes.subarray(from - start, to - start) : source.read(from, to),
  }
}

/** A few at a time. */
async function inTurn(cursors: ColumnCursor[], work: (cursor: ColumnCursor) => Promise<void>): Promise<void> {
  const waiting = cursors.values()
  const worker = async () => {
    for (const cursor of waiting) await work(cursor)
  }
  await Promise.all(Array.from({ length: Math.min(columnsAtOnce, cursors.length) }, worker))
}

function recordTooLarge(row: number): Error {
  return new ParquetTooLarge(`row ${row + 1} has more than ${MAX_RECORD_BYTES / 1024 / 1024} MiB as JSON`)
}

/** Whatever a file that is no whole Parquet file makes the readers of its pieces throw, in words. */
export function asParquetError(error: unknown): ParquetError | ParquetTooLarge {
  if (error instanceof ParquetError || error instanceof ParquetTooLarge) return error
  return new ParquetError(`it is damaged (${(error as Error).message})`, { cause: error })
}

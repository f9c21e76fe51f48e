// A page of records out of a file, from a byte offset on: page 10,000 costs what page 1 costs.
import { type ConverterState, createConverter, FormatError, type SourceFormat, splitRecords } from '../formats/index.ts'

import { SourceBroken } from './cloud-error.ts'

export interface RecordFile {
  /** For messages: `airports.csv`. */
  name: string
  format: SourceFormat
  /** Where it is unknown, less than was asked for is the end. */
  bytes: number | 'unknown'
  /** Of this version of the file; written here for the next page. */
  hints?: PageHints
  /** Both inclusive. */
  read(start: number, end: number): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

/** What one page tells the next one, so that it reads no more than it needs. */
export interface PageHints {
  columns?: string[]
  /** Of the source, on average. */
  recordBytes?: number
}

/** A record boundary. The columns of CSV are no part of it, a cursor must stay short: they are remembered, or read anew. */
export type PagePosition = Omit<ConverterState, 'columns'>

export interface RecordPage {
  /** JSON texts; a page ends early rather than grow beyond pageBytes. */
  records: string[]
  next: PagePosition | null
}

const pageBytes = 4 * 1024 * 1024
const firstReadBytes = 16 * 1024
const leastReadBytes = 4 * 1024
/** A wide header is read anew rather than kept. */
const columnsKept = 1_000
const largestReadBytes = 1024 * 1024

export async function readRecords(
  file: RecordFile,
  from: PagePosition | undefined,
  limit: number,
): Promise<RecordPage> {
  const hints = file.hints ?? {}
  const columns = from && (hints.columns ?? (await readColumns(file)))
  const reader = new PageReader(file, from && { ...from, columns }, bytesFor(limit, hints))
  await naming(file, reader.fill(limit))
  const { columns: read, ...position } = reader.state
  const records = splitRecords(reader.take())
  const next = (await hasMore(reader)) ? position : null
  if ((read?.length ?? 0) <= columnsKept) hints.columns = read
  if (records.length > 0) hints.recordBytes = (position.offset - (from?.offset ?? 0)) / records.length
  return { records, next }
}

/** Enough for the page and the record behind it, which says that there is a next page. */
function bytesFor(limit: number, { recordBytes }: PageHints): number {
  if (recordBytes === undefined) return firstReadBytes
  const expected = Math.ceil((recordBytes * (limit + 1) * 1.25) / leastReadBytes) * leastReadBytes
  return Math.min(expected, largestReadBytes)
}

class PageReader {
  readonly #file: RecordFile
  readonly #converter
  #readTo: number
  #readBytes: number
  #isAtEnd = false
  #output: Uint8Array[] = []
  #outputBytes = 0

  constructor(file: RecordFile, state: ConverterState | undefined, readBytes: number) {
    this.#file = file
    this.#readBytes = readBytes
    this.#converter = createConverter({ from: file.format, to: 'ndjson', state })
    this.#readTo = state?.offset ?? 0
  }

  get state(): ConverterState {
    return this.#converter.state
  }

  get records(): number {
    return this.#converter.state.records
  }

  take(): Uint8Array[] {
    const output = this.#output
    this.#output = []
    this.#outputBytes = 0
    return output
  }

  /** Reads `count` records on, fewer at the end of the file or where they are large. */
  async fill(count: number): Promise<void> {
    const enough = this.records + count
    this.#keep(this.#converter.convert(nothing, count))
    const isFull = () => this.records >= enough || (this.#outputBytes >= pageBytes && this.records > enough - count)
    while (!isFull() && this.#hasBytes()) {
      for await (const chunk of this.#readOn()) {
        this.#keep(this.#converter.convert(chunk, enough - this.records))
      }
    }
    if (!isFull()) this.#keep(this.#converter.finish(enough - this.records))
  }

  /** Reads the header row of CSV and no record. */
  async readColumns(): Promise<string[] | undefined> {
    while (this.#converter.state.columns === undefined && this.#hasBytes()) {
      for await (const chunk of this.#readOn()) this.#converter.convert(chunk, 0)
    }
    if (this.#converter.state.columns === undefined) this.#converter.finish(0)
    return this.#converter.state.columns
  }

  #hasBytes(): boolean {
    const { bytes } = this.#file
    return bytes === 'unknown' ? !this.#isAtEnd : this.#readTo < bytes
  }

  #readOn(): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
    const { bytes } = this.#file
    const start = this.#readTo
    const end = start + this.#readBytes
    this.#readTo = bytes === 'unknown' ? end : Math.min(end, bytes)
    this.#readBytes = Math.min(this.#readBytes * 4, largestReadBytes)
    const chunks = this.#file.read(start, this.#readTo - 1)
    return bytes === 'unknown' ? this.#upToEnd(chunks, start) : chunks
  }

  async *#upToEnd(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, start: number): AsyncIterable<Uint8Array> {
    let at = start
    for await (const chunk of chunks) {
      at += chunk.length
      yield chunk
    }
    this.#isAtEnd = at < this.#readTo
  }

  #keep(pieces: Uint8Array[]): void {
    for (const piece of pieces) {
      // A copy: the converter writes the next pieces over these.
      this.#output.push(Uint8Array.from(piece))
      this.#outputBytes += piece.length
    }
  }
}

const nothing = new Uint8Array(0)

async function readColumns(file: RecordFile): Promise<string[] | undefined> {
  return file.format === 'csv' ? naming(file, new PageReader(file, undefined, firstReadBytes).readColumns()) : undefined
}

/** What is wrong with the next page is for the next page to say. */
async function hasMore(reader: PageReader): Promise<boolean> {
  const before = reader.records
  try {
    await reader.fill(1)
  } catch (error) {
    if (error instanceof FormatError) return true
    throw error
  }
  return reader.records > before
}

async function naming<T>(file: RecordFile, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof FormatError) throw brokenSource(file.name, error)
    throw error
  }
}

/** `airports.csv, line 17: 5 fields, the header has 6`. */
export function brokenSource(fileName: string, error: FormatError): SourceBroken {
  return new SourceBroken(`${fileName}, ${error.message}`, { cause: error })
}

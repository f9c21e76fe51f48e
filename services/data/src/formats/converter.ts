// Converts a dataset from one record format to another while it streams by: in constant memory, to be taken up again at
// any record.
import { ColumnCollector, ColumnIndex } from './columns.ts'
import { CsvReader } from './csv-reader.ts'
import { CsvScanner } from './csv-scanner.ts'
import { CsvToNdjson } from './csv-to-ndjson.ts'
import { type ArrayPlace, JsonArrayReader } from './json-array-reader.ts'
import { JsonScanner } from './json-scanner.ts'
import { JsonToCsv } from './json-to-csv.ts'
import { JsonToNdjson } from './json-to-ndjson.ts'
import { NdjsonReader } from './ndjson-reader.ts'
import { RawCopy } from './raw-copy.ts'
import type { JsonSink, RecordReader } from './record-reader.ts'
import { SourceFeed } from './source-feed.ts'

export type SourceFormat = 'ndjson' | 'json' | 'csv'
export type OutputFormat = 'ndjson' | 'csv'

/**
 * Where a conversion stands, as plain JSON. A converter made from it and fed the source from `offset` on goes on exactly
 * where the other one stood.
 */
export interface ConverterState {
  /** Bytes from the start of the source to the end of the last record read, and of what was read behind it. */
  offset: number
  /** Records before `offset`. */
  records: number
  /** The line of the source, from 1, on which `offset` lies. */
  line: number
  /** The columns of CSV on either side, once the header row has been read (CSV) or written (to CSV). */
  columns?: string[]
  /** Where in the array a JSON source stands. */
  array?: ArrayPlace
}

export interface Converter {
  /**
   * Takes the next bytes of the source and returns the output of the records that are whole with them, in order, perhaps
   * none. With `maxRecords` it stops behind so many records; bytes not converted are kept, and the next call goes on with
   * them (an empty chunk is enough). 0 reads no more than what stands before the first record, the header row of CSV.
   * A record of JSON or CSV longer than 64 KiB that comes in many chunks may be converted a few chunks later.
   *
   * The pieces returned are good until the next call: it writes over them. NDJSON that stays NDJSON is handed back as views
   * of `chunk`.
   */
  convert(chunk: Uint8Array, maxRecords?: number): Uint8Array[]
  /**
   * The source has ended: returns the output of a last record without a line end. Throws FormatError where the source
   * is cut off, but only when `maxRecords` has not stopped it before; then it may be called again for more.
   */
  finish(maxRecords?: number): Uint8Array[]
  readonly state: ConverterState
}

/**
 * The converter from one format to another. `convert` and `finish` throw FormatError; the converter is of no use afterwards.
 *
 * NDJSON to NDJSON: the bytes of the lines untouched, line ends as they are; blank lines left out. CSV to CSV: the same
 * for rows. JSON to NDJSON: each record's text without the whitespace outside its strings. CSV to NDJSON: each value a
 * string. Anything to CSV has a header row first, and LF as its line end unless it came with CRLF. The last line always
 * has a line end; a byte order mark is left out.
 *
 * @param options.state where to go on; without it the conversion begins.
 * @param options.columns the columns of CSV made from JSON records (see createColumnScanner); not needed when `state`
 * has them. A record with any other key is a FormatError.
 */
export function createConverter(options: {
  from: SourceFormat
  to: OutputFormat
  state?: ConverterState
  columns?: readonly string[]
}): Converter {
  const { from, to } = options
  const start: ConverterState = options.state ?? { offset: 0, records: 0, line: 1 }
  if (from === 'csv') return convertCsv(to, start)
  return to === 'csv' ? convertJsonToCsv(from, start, options.columns) : convertJsonToNdjson(from, start)
}

function convertCsv(to: OutputFormat, start: ConverterState): Converter {
  const scanner = new CsvScanner()
  const sink = to === 'csv' ? new RawCopy() : new CsvToNdjson(scanner)
  const reader = new CsvReader(scanner, sink, start)
  const feed = new SourceFeed(reader, {
    offset: start.offset,
    readsInPlace: false,
    endsWithLine: true,
    viewed: sink instanceof RawCopy,
  })
  return new StreamConverter(feed, reader, sink, () => ({ columns: reader.columns }))
}

function convertJsonToNdjson(from: 'ndjson' | 'json', start: ConverterState): Converter {
  const scanner = jsonScanner(from)
  const sink = from === 'ndjson' ? new RawCopy() : new JsonToNdjson(scanner)
  const reader = jsonReader(from, scanner, sink, start)
  const feed = jsonFeed(from, reader, { offset: start.offset, viewed: sink instanceof RawCopy })
  return new StreamConverter(feed, reader, sink, () => ({ array: arrayPlace(reader) }))
}

function convertJsonToCsv(
  from: 'ndjson' | 'json',
  start: ConverterState,
  columns: readonly string[] | undefined,
): Converter {
  const names = start.columns ?? columns
  if (names === undefined) throw new TypeError('CSV made from JSON records needs its columns')
  const sink = new JsonToCsv(new ColumnIndex(names), {
    headerWritten: start.columns !== undefined,
    compact: from === 'json',
  })
  const reader = jsonReader(from, jsonScanner(from), sink, start)
  const feed = jsonFeed(from, reader, { offset: start.offset, viewed: false })
  return new StreamConverter(feed, reader, sink, () => ({
    columns: sink.headerWritten ? [...names] : undefined,
    array: arrayPlace(reader),
  }))
}

export interface ColumnScanner {
  /** Takes the next bytes of the source. Throws FormatError; all that a conversion would refuse is refused here. */
  scan(chunk: Uint8Array): void
  /** The source has ended: returns the keys of its records in the order in which they first came up. */
  finish(): string[]
}

/** The first pass over JSON records that are to become CSV: finds its columns for createConverter. */
export function createColumnScanner({ from }: { from: 'ndjson' | 'json' }): ColumnScanner {
  const sink = new ColumnCollector()
  const start: ConverterState = { offset: 0, records: 0, line: 1 }
  const feed = jsonFeed(from, jsonReader(from, jsonScanner(from), sink, start), { offset: 0, viewed: false })
  return {
    scan: chunk => feed.feed(asBuffer(chunk), Number.POSITIVE_INFINITY),
    finish() {
      feed.end(Number.POSITIVE_INFINITY)
      return sink.columns.names
    },
  }
}

class StreamConverter implements Converter {
  readonly #feed: SourceFeed
  readonly #reader: RecordReader
  readonly #sink: { take(): Uint8Array[] }
  readonly #formatState: () => Partial<ConverterState>

  constructor(
    feed: SourceFeed,
    reader: RecordReader,
    sink: { take(): Uint8Array[] },
    formatState: () => Partial<ConverterState>,
  ) {
    this.#feed = feed
    this.#reader = reader
    this.#sink = sink
    this.#formatState = formatState
  }

  convert(chunk: Uint8Array, maxRecords = Number.POSITIVE_INFINITY): Uint8Array[] {
    this.#feed.feed(asBuffer(chunk), maxRecords)
    return this.#sink.take()
  }

  finish(maxRecords = Number.POSITIVE_INFINITY): Uint8Array[] {
    this.#feed.end(maxRecords)
    return this.#sink.take()
  }

  get state(): ConverterState {
    const { records, line } = this.#reader
    return { offset: this.#feed.offset, records, line, ...this.#formatState() }
  }
}

function jsonScanner(from: 'ndjson' | 'json'): JsonScanner {
  return new JsonScanner({ oneLine: from === 'ndjson' })
}

function jsonReader(
  from: 'ndjson' | 'json',
  scanner: JsonScanner,
  sink: JsonSink,
  start: ConverterState,
): NdjsonReader | JsonArrayReader {
  return from === 'ndjson' ? new NdjsonReader(scanner, sink, start) : new JsonArrayReader(scanner, sink, start)
}

function jsonFeed(
  from: 'ndjson' | 'json',
  reader: RecordReader,
  options: { offset: number; viewed: boolean },
): SourceFeed {
  const isLines = from === 'ndjson'
  return new SourceFeed(reader, { ...options, readsInPlace: isLines, endsWithLine: isLines })
}

function arrayPlace(reader: RecordReader): ArrayPlace | undefined {
  return reader instanceof JsonArrayReader ? reader.place : undefined
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
}

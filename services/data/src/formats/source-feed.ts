// Brings the chunks of a source to a reader of records: keeps what a chunk boundary cuts, and checks the encoding.
import { MAX_RECORD_BYTES, recordTooLong } from './format-error.ts'
import type { RecordReader } from './record-reader.ts'
import { assertUtf8, byteOrderMarkLength, ENCODING_BYTES } from './text-encoding.ts'
import { Window } from './window.ts'

const NEWLINE = 0x0a

/** An incomplete record up to this length is scanned again with each chunk. */
const SCANNED_EACH_TIME = 64 * 1024

export interface FeedOptions {
  /** Source bytes before the first that will be fed. */
  offset: number
  /** Whether the reader can read whole lines where they lie in a chunk; else only in the window, with a NUL behind them. */
  readsInPlace: boolean
  /** Whether the last record may lack its line end, so that one is put behind the source. */
  endsWithLine: boolean
  /** Whether the sink of the reader hands on views of what was read. */
  viewed: boolean
}

export class SourceFeed {
  readonly #reader: RecordReader
  readonly #readsInPlace: boolean
  readonly #endsWithLine: boolean
  readonly #window: Window
  /** The first bytes of the source, until there are enough of them to tell the encoding; then undefined. */
  #head: Buffer | undefined
  #received: number
  /** The line end put behind the source, which is not one of its bytes. */
  #addedBytes = 0
  #ended = false
  /**
   * The length of the window at which the incomplete record in it is scanned again: the double of what was scanned, so
   * that the work for a long record stays linear.
   */
  #scanAt = 0

  constructor(reader: RecordReader, options: FeedOptions) {
    this.#reader = reader
    this.#readsInPlace = options.readsInPlace
    this.#endsWithLine = options.endsWithLine
    this.#window = new Window({ viewed: options.viewed })
    this.#received = options.offset
    this.#head = options.offset === 0 ? Buffer.alloc(0) : undefined
  }

  /** Source bytes up to the end of what has been read. */
  get offset(): number {
    const unread = (this.#head?.length ?? 0) + this.#window.length
    return Math.min(this.#received, this.#received + this.#addedBytes - unread)
  }

  /** Reads the records that are whole with this chunk, at most `limit`; the rest is kept for the next call. */
  feed(chunk: Buffer, limit: number): void {
    this.#received += chunk.length
    if (this.#head === undefined) this.#feedText(chunk, limit)
    else {
      const head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
      if (head.length < ENCODING_BYTES) this.#head = Buffer.from(head)
      else this.#open(head, limit)
    }
  }

  /** No more bytes will come: reads the rest, at most `limit` records. What a limit leaves is read by another call. */
  end(limit: number): void {
    const window = this.#window
    const enough = this.#reader.records + limit
    if (this.#head) this.#open(this.#head, limit)
    if (!this.#ended && this.#endsWithLine && window.length > 0 && window.bytes[window.end - 1] !== NEWLINE) {
      window.append(Buffer.from('\n'))
      this.#addedBytes = 1
    }
    this.#ended = true
    this.#readWindow(enough)
    const isLimited = this.#reader.records === enough && (limit > 0 || window.length > 0)
    if (!isLimited) this.#reader.end(window.length > 0)
  }

  #open(head: Buffer, limit: number): void {
    this.#head = undefined
    this.#feedText(head.subarray(byteOrderMarkLength(head)), limit)
  }

  #feedText(chunk: Buffer, limit: number): void {
    const window = this.#window
    const enough = this.#reader.records + limit
    if (this.#readsInPlace) this.#feedLines(chunk, enough)
    else {
      window.append(chunk)
      if (window.length >= this.#scanAt) this.#readWindow(enough)
    }
  }

  #feedLines(chunk: Buffer, enough: number): void {
    const window = this.#window
    let rest = chunk
    if (window.length > 0) {
      const lineEnd = chunk.indexOf(NEWLINE) + 1
      window.append(chunk.subarray(0, lineEnd))
      if (lineEnd > 0 || this.#scanAt === 0) this.#readWindow(enough)
      rest = chunk.subarray(lineEnd)
    }
    if (window.length === 0) rest = rest.subarray(this.#read(rest, 0, rest.length, enough))
    window.append(rest)
    this.#settle(enough)
  }

  #readWindow(enough: number): void {
    const window = this.#window
    window.dropTo(this.#read(window.bytes, window.start, window.end, enough))
    this.#settle(enough)
  }

  #read(bytes: Buffer, start: number, end: number, enough: number): number {
    const { line } = this.#reader
    const position = this.#reader.read(bytes, start, end, enough)
    assertUtf8(bytes.subarray(start, position), line)
    return position
  }

  /** Whole records are left in the window only where `enough` stopped the reader. */
  #settle(enough: number): void {
    const { length } = this.#window
    if (this.#reader.records === enough) this.#scanAt = 0
    else if (length > MAX_RECORD_BYTES) throw recordTooLong(this.#reader.line)
    else this.#scanAt = length <= SCANNED_EACH_TIME ? length + 1 : Math.min(length * 2, MAX_RECORD_BYTES + 1)
  }
}

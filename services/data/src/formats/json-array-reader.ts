// Reads a JSON array of objects, compact or pretty-printed, one element at a time.
import { describeByte, FormatError, MAX_RECORD_BYTES, recordTooLong } from './format-error.ts'
import { INCOMPLETE, type JsonScanner } from './json-scanner.ts'
import type { JsonSink, RecordReader } from './record-reader.ts'

const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b

/** What comes next: the `[`; the first record or the `]`; a comma or the `]`; a record; nothing but whitespace. */
export type ArrayPlace = 'open' | 'first' | 'next' | 'record' | 'closed'

export class JsonArrayReader implements RecordReader {
  line: number
  records: number
  place: ArrayPlace
  readonly #sink: JsonSink
  readonly #scanner: JsonScanner

  constructor(scanner: JsonScanner, sink: JsonSink, start: { line: number; records: number; array?: ArrayPlace }) {
    this.#scanner = scanner
    this.#sink = sink
    this.line = start.line
    this.records = start.records
    this.place = start.array ?? 'open'
  }

  read(bytes: Buffer, start: number, end: number, enough: number): number {
    let at = start
    while (this.records < enough) {
      const byte = bytes[at]!
      if (byte === SPACE || byte === TAB || byte === RETURN) at++
      else if (byte === NEWLINE) {
        at++
        this.line++
      } else if (at === end) break
      else if (byte === COMMA && this.place === 'next') {
        at++
        this.place = 'record'
      } else if (byte === CLOSE_BRACKET && (this.place === 'next' || this.place === 'first')) {
        at++
        this.place = 'closed'
      } else if (byte === OPEN_BRACKET && this.place === 'open') {
        at++
        this.place = 'first'
      } else if (byte === OPEN_BRACE && (this.place === 'record' || this.place === 'first')) {
        const recordEnd = this.#scanner.scan(bytes, at, end, this.line)
        if (recordEnd === INCOMPLETE) break
        if (recordEnd - at > MAX_RECORD_BYTES) throw recordTooLong(this.line)
        this.#sink.write(bytes, at, recordEnd, this.line)
        at = recordEnd
        this.line += this.#scanner.newlines
        this.records++
        this.place = 'next'
      } else throw new FormatError(this.line, `${expectation[this.place]}, found ${describeByte(byte)}`)
    }
    return at
  }

  end(unread: boolean): void {
    if (this.place === 'closed') return
    if (unread) throw new FormatError(this.line, 'the file ends inside the record that begins here')
    if (this.place === 'open') throw new FormatError(this.line, 'the file is empty, it must be an array of objects')
    throw new FormatError(this.line, "the file ends before the ']' of its array")
  }
}

const expectation: Record<ArrayPlace, string> = {
  open: "the file must be an array of objects: expected '['",
  first: "a record must be a JSON object: expected '{' or ']'",
  next: "expected ',' or ']' behind a record",
  record: "a record must be a JSON object: expected '{'",
  closed: 'expected the end of the file behind the array',
}

// Reads NDJSON: a JSON object on each line; blank lines are left out.
import { describeByte, FormatError, MAX_RECORD_BYTES, recordTooLong } from './format-error.ts'
import type { JsonScanner } from './json-scanner.ts'
import type { JsonSink, RecordReader } from './record-reader.ts'

const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const OPEN_BRACE = 0x7b

export class NdjsonReader implements RecordReader {
  line: number
  records: number
  readonly #sink: JsonSink
  readonly #scanner: JsonScanner

  /** @param scanner must be one for records on one line. */
  constructor(scanner: JsonScanner, sink: JsonSink, start: { line: number; records: number }) {
    this.#scanner = scanner
    this.#sink = sink
    this.line = start.line
    this.records = start.records
  }

  read(bytes: Buffer, start: number, end: number, enough: number): number {
    const scanner = this.#scanner
    const sink = this.#sink
    // A negative position would count from the end.
    const linesEnd = end === 0 ? 0 : bytes.lastIndexOf(NEWLINE, end - 1) + 1
    let lineStart = start
    while (lineStart < linesEnd && this.records < enough) {
      let at = skipBlanks(bytes, lineStart)
      if (bytes[at] !== NEWLINE) {
        if (bytes[at] !== OPEN_BRACE) {
          throw new FormatError(this.line, `a record must be a JSON object, found ${describeByte(bytes[at]!)}`)
        }
        at = skipBlanks(bytes, scanner.scan(bytes, at, linesEnd, this.line))
        if (bytes[at] !== NEWLINE) {
          throw new FormatError(this.line, `expected the end of the line, found ${describeByte(bytes[at]!)}`)
        }
        if (at - lineStart > MAX_RECORD_BYTES) throw recordTooLong(this.line)
        sink.write(bytes, lineStart, at + 1, this.line)
        this.records++
      }
      lineStart = at + 1
      this.line++
    }
    return lineStart
  }

  end(): void {}
}

function skipBlanks(bytes: Buffer, at: number): number {
  let byte = bytes[at]
  while (byte === SPACE || byte === TAB || byte === RETURN) byte = bytes[++at]
  return at
}

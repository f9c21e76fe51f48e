// Reads CSV with a header row; every row must have as many fields as the header.
import { type CsvScanner, INCOMPLETE } from './csv-scanner.ts'
import { FormatError, MAX_RECORD_BYTES, recordTooLong } from './format-error.ts'
import type { RecordReader } from './record-reader.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d

/** Takes rows of CSV; the fields of the row are those that the reader's scanner found last. */
export interface CsvSink {
  writeHeader(bytes: Buffer, start: number, end: number): void
  /** The columns are known from here on: after the header row, or at once where a conversion is taken up again. */
  setColumns(columns: readonly string[]): void
  /** The row is `bytes[start, end)` with its line end. The bytes hold still until the sink is emptied, not longer. */
  writeRow(bytes: Buffer, start: number, end: number): void
}

export class CsvReader implements RecordReader {
  line: number
  records: number
  columns: string[] | undefined
  readonly #sink: CsvSink
  readonly #scanner: CsvScanner

  constructor(scanner: CsvScanner, sink: CsvSink, start: { line: number; records: number; columns?: string[] }) {
    this.#scanner = scanner
    this.#sink = sink
    this.line = start.line
    this.records = start.records
    this.columns = start.columns
    if (this.columns) sink.setColumns(this.columns)
  }

  read(bytes: Buffer, start: number, end: number, enough: number): number {
    const scanner = this.#scanner
    let at = start
    while (this.columns === undefined || this.records < enough) {
      if (this.columns?.length !== 1) {
        const next = behindEmptyLine(bytes, at)
        if (next > at) {
          at = next
          this.line++
          continue
        }
      }
      const next = scanner.scan(bytes, at, end, this.line)
      if (next === INCOMPLETE) break
      if (next - at > MAX_RECORD_BYTES) throw recordTooLong(this.line)
      if (this.columns === undefined) {
        this.columns = readHeader(bytes, scanner, this.line)
        this.#sink.setColumns(this.columns)
        this.#sink.writeHeader(bytes, at, next)
      } else {
        if (scanner.fieldCount !== this.columns.length) {
          const fields = scanner.fieldCount === 1 ? '1 field' : `${scanner.fieldCount} fields`
          throw new FormatError(this.line, `${fields}, the header has ${this.columns.length}`)
        }
        this.#sink.writeRow(bytes, at, next)
        this.records++
      }
      at = next
      this.line += 1 + scanner.newlines
    }
    return at
  }

  end(unread: boolean): void {
    if (unread) throw new FormatError(this.#scanner.openQuoteLine, 'a quote that is never closed')
    if (this.columns === undefined)
      throw new FormatError(this.line, 'the file is empty, it must begin with a header row')
  }
}

/** The position behind the line end at `at`, or `at` itself where none stands. */
function behindEmptyLine(bytes: Buffer, at: number): number {
  if (bytes[at] === NEWLINE) return at + 1
  return bytes[at] === RETURN && bytes[at + 1] === NEWLINE ? at + 2 : at
}

function readHeader(bytes: Buffer, scanner: CsvScanner, line: number): string[] {
  const columns: string[] = []
  const seen = new Set<string>()
  for (let field = 0; field < scanner.fieldCount; field++) {
    const from = scanner.fields[field * 2]!
    const to = scanner.fields[field * 2 + 1]!
    const special = to < 0
    const text = bytes.toString('utf8', from, special ? ~to : to)
    const name = special ? text.replaceAll('""', '"') : text
    if (name === '') throw new FormatError(line, `column ${field + 1} has no name in the header`)
    if (seen.has(name)) throw new FormatError(line, `the header has the column ${JSON.stringify(name)} twice`)
    seen.add(name)
    columns.push(name)
  }
  return columns
}

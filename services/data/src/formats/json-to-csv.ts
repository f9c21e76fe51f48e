// Writes JSON records as CSV (RFC 4180, lines ending with LF): a text as it reads, any other value as its JSON, null and
// missing as an empty field, an empty text as "".
import { type ColumnIndex, decodeKey, loneSurrogate } from './columns.ts'
import { FormatError } from './format-error.ts'
import { copyCompact } from './json-compaction.ts'
import { JsonMembers } from './json-members.ts'
import { OutputBuffer } from './output-buffer.ts'
import type { JsonSink } from './record-reader.ts'

const NEWLINE = 0x0a
const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const LETTER_N = 0x6e
const OPEN_BRACE = 0x7b

export class JsonToCsv implements JsonSink {
  readonly #columns: ColumnIndex
  readonly #output = new OutputBuffer()
  readonly #compact: boolean
  readonly #members = new JsonMembers()
  /** For each column where its value starts and ends in the record at hand; 0 and 0 where it is missing. */
  readonly #cells: Int32Array
  /** Whether the header row has been handed on; it comes with the first output. */
  headerWritten: boolean

  /**
   * @param options.headerWritten the header row stands already where the output goes.
   * @param options.compact whether whitespace goes from nested values; else they are written exactly as they stand.
   */
  constructor(columns: ColumnIndex, options: { headerWritten: boolean; compact: boolean }) {
    this.#columns = columns
    this.#compact = options.compact
    this.#cells = new Int32Array(columns.names.length * 2)
    this.headerWritten = options.headerWritten
    if (!options.headerWritten) this.#writeHeader()
  }

  write(bytes: Buffer, start: number, end: number, line: number): void {
    this.#findCells(bytes, start, line)
    const cells = this.#cells
    if (cells.length === 0) return
    const output = this.#output
    // A quote in the source needs a second one beside it at most; a cell needs two quotes and a comma.
    output.room((end - start) * 2 + cells.length * 2)
    const target = output.bytes
    let to = output.at
    for (let cell = 0; cell < cells.length; cell += 2) {
      if (cell > 0) target[to++] = COMMA
      const from = cells[cell]!
      const first = bytes[from]!
      const cellEnd = cells[cell + 1]!
      if (cellEnd === 0 || first === LETTER_N) continue
      if (first === QUOTE) to = copyText(target, to, bytes, from + 1, cellEnd - 1, line)
      else if (first === OPEN_BRACE || first === OPEN_BRACKET) to = this.#copyNested(target, to, bytes, from, cellEnd)
      else for (let at = from; at < cellEnd; at++) target[to++] = bytes[at]!
    }
    target[to++] = NEWLINE
    output.at = to
  }

  take(): Uint8Array[] {
    this.headerWritten = true
    return this.#output.take()
  }

  /** Without any columns nothing is written at all, not even line ends. */
  #writeHeader(): void {
    const { names } = this.#columns
    if (names.length === 0) return
    const text = Buffer.from(`${names.map(quoteWhereNeeded).join(',')}\n`)
    this.#output.room(text.length)
    text.copy(this.#output.bytes, this.#output.at)
    this.#output.at += text.length
  }

  #findCells(bytes: Buffer, start: number, line: number): void {
    const cells = this.#cells.fill(0)
    this.#members.read(bytes, start)
    const { spans, count } = this.#members
    let column = -1
    for (let span = 0; span < count * 4; span += 4) {
      column = this.#columns.find(bytes, spans[span]!, spans[span + 1]!, column + 1)
      if (column < 0) {
        const key = JSON.stringify(decodeKey(bytes, spans[span]!, spans[span + 1]!))
        throw new FormatError(line, `the key ${key} is not among the columns; the source has changed`)
      }
      cells[column * 2] = spans[span + 2]!
      cells[column * 2 + 1] = spans[span + 3]!
    }
  }

  #copyNested(target: Buffer, to: number, bytes: Buffer, from: number, end: number): number {
    if (!this.#compact) return copyQuoted(target, to, bytes, from, end)
    const text = Buffer.allocUnsafe(end - from)
    return copyQuoted(target, to, text, 0, copyCompact(text, 0, bytes, from, end))
  }
}

/** Copies the inside of a JSON string as a field of CSV. */
function copyText(target: Buffer, to: number, source: Buffer, from: number, end: number, line: number): number {
  if (from === end) {
    target[to] = target[to + 1] = QUOTE
    return to + 2
  }
  const start = to
  let hasComma = false
  for (let at = from; at < end; at++) {
    const byte = source[at]!
    if (byte === BACKSLASH) return copyDecoded(target, start, source, from, end, line)
    if (byte === COMMA) hasComma = true
    target[to++] = byte
  }
  return hasComma ? copyQuoted(target, start, source, from, end) : to
}

function copyDecoded(target: Buffer, to: number, source: Buffer, from: number, end: number, line: number): number {
  const text: string = JSON.parse(source.toString('utf8', from - 1, end + 1))
  if (!text.isWellFormed()) throw loneSurrogate(line)
  return to + target.write(quoteWhereNeeded(text), to)
}

/** Copies in quotes, doubling those inside; without quotes where nothing asks for them. */
function copyQuoted(target: Buffer, to: number, source: Buffer, from: number, end: number): number {
  let needed = false
  for (let at = from; at < end && !needed; at++) needed = NEEDS_QUOTES[source[at]!] === 1
  if (needed) target[to++] = QUOTE
  for (let at = from; at < end; at++) {
    const byte = source[at]!
    if (byte === QUOTE) target[to++] = QUOTE
    target[to++] = byte
  }
  if (needed) target[to++] = QUOTE
  return to
}

const NEEDS_QUOTES = new Uint8Array(256)
for (const character of ',"\r\n') NEEDS_QUOTES[character.charCodeAt(0)] = 1

function quoteWhereNeeded(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

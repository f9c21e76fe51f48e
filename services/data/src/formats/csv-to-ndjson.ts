// Writes rows of CSV as NDJSON: each value a JSON string with exactly the text of its field, "007" and all.
import type { CsvSink } from './csv-reader.ts'
import type { CsvScanner } from './csv-scanner.ts'
import { COPY_SLACK, copyWords, OutputBuffer, ViewOf } from './output-buffer.ts'

const NEWLINE = 0x0a
const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const CLOSE_BRACE = 0x7d

/** The longest escape for one byte is \u001f. */
const LONGEST_ESCAPE = 6
/** Keeps the room that is asked for a long field small. */
const ESCAPED_AT_ONCE = 1024
/** Behind the last value: `"}` and the line end. */
const ROW_END = 3

/** For each control character the letter behind its backslash, or 0 where JSON has none and it is written as \u00xx. */
const ESCAPE_LETTER = new Uint8Array(SPACE)
ESCAPE_LETTER[0x08] = 0x62
ESCAPE_LETTER[0x09] = 0x74
ESCAPE_LETTER[0x0a] = 0x6e
ESCAPE_LETTER[0x0c] = 0x66
ESCAPE_LETTER[0x0d] = 0x72

const HEX = Buffer.from('0123456789abcdef')

export class CsvToNdjson implements CsvSink {
  readonly #scanner: CsvScanner
  readonly #output = new OutputBuffer()
  /** What stands before the value of each column: `{"iata":"`, `","name":"`, each padded for copyWords. */
  #before: DataView[] = []
  #beforeLength = new Int32Array(0)
  #beforeLengths = 0
  readonly #viewOf = new ViewOf()

  constructor(scanner: CsvScanner) {
    this.#scanner = scanner
  }

  setColumns(columns: readonly string[]): void {
    const texts = columns.map((name, index) => Buffer.from(`${index === 0 ? '{' : '",'}${JSON.stringify(name)}:"`))
    this.#before = texts.map(paddedView)
    this.#beforeLength = Int32Array.from(texts, text => text.length)
    this.#beforeLengths = this.#beforeLength.reduce((sum, length) => sum + length, 0)
  }

  writeHeader(): void {}

  writeRow(bytes: Buffer, start: number, end: number): void {
    const source = this.#viewOf.get(bytes)
    const output = this.#output
    const plainBytes = this.#beforeLengths + end - start + ROW_END
    output.room(plainBytes)
    let target = output.view
    let to = output.at
    const fields = this.#scanner.fields
    const columns = this.#before.length
    for (let column = 0; column < columns; column++) {
      const length = this.#beforeLength[column]!
      copyWords(target, to, this.#before[column]!, 0, length)
      to += length
      const from = fields[column * 2]!
      const fieldEnd = fields[column * 2 + 1]!
      if (fieldEnd >= 0) {
        copyWords(target, to, source, from, fieldEnd - from)
        to += fieldEnd - from
      } else {
        output.at = to
        writeEscaped(output, bytes, from, ~fieldEnd)
        output.room(plainBytes)
        target = output.view
        to = output.at
      }
    }
    target.setUint8(to, QUOTE)
    target.setUint8(to + 1, CLOSE_BRACE)
    target.setUint8(to + 2, NEWLINE)
    output.at = to + ROW_END
  }

  take(): Uint8Array[] {
    return this.#output.take()
  }
}

function paddedView(text: Buffer): DataView {
  const padded = new Uint8Array(text.length + COPY_SLACK)
  padded.set(text)
  return new DataView(padded.buffer)
}

/** Writes the text of a field, whose quotes are doubled in the source, as the inside of a JSON string. */
function writeEscaped(output: OutputBuffer, source: Buffer, from: number, end: number): void {
  for (let at = from; at < end; ) {
    const stop = Math.min(at + ESCAPED_AT_ONCE, end)
    output.room(ESCAPED_AT_ONCE * LONGEST_ESCAPE)
    const target = output.bytes
    let to = output.at
    for (; at < stop; at++) {
      const byte = source[at]!
      if (byte >= SPACE) {
        if (byte === QUOTE) at++
        if (byte === QUOTE || byte === BACKSLASH) target[to++] = BACKSLASH
        target[to++] = byte
        continue
      }
      target[to++] = BACKSLASH
      const letter = ESCAPE_LETTER[byte]!
      if (letter !== 0) target[to++] = letter
      else {
        target[to++] = 0x75
        target[to++] = 0x30
        target[to++] = 0x30
        target[to++] = HEX[byte >> 4]!
        target[to++] = HEX[byte & 0xf]!
      }
    }
    output.at = to
  }
}

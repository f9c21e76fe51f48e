// Finds the fields of one CSV row (RFC 4180) where they lie in the bytes. Lines end with CRLF or LF.
import { describeByte, FormatError } from './format-error.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c

/** 1 for the bytes that stand in a quoted field, and in a JSON string, as they are. */
const PLAIN_IN_QUOTES = new Uint8Array(256).fill(1).fill(0, 0, SPACE)
PLAIN_IN_QUOTES[QUOTE] = PLAIN_IN_QUOTES[BACKSLASH] = 0
/** The same for a field without quotes. */
const PLAIN = PLAIN_IN_QUOTES.slice()
PLAIN[COMMA] = 0

/** The bytes end before the row does. */
export const INCOMPLETE = -1

export class CsvScanner {
  /**
   * Of the row scanned last, two numbers for each field: where its text starts and ends, without the quotes around it.
   * The end is complemented (`~end`) where the text has bytes that JSON escapes: quotes (doubled in the source),
   * backslashes and control characters.
   */
  fields = new Int32Array(64)
  fieldCount = 0
  /** Line ends inside the quotes of the row scanned last. */
  newlines = 0
  /** The source line of the quote that an incomplete row leaves open, or 0. */
  openQuoteLine = 0

  /**
   * Returns the position behind the row that begins at `start` and its line end, or `INCOMPLETE`; throws FormatError.
   * `bytes[end]` must be a NUL. `line` is the source line of `start`.
   */
  scan(bytes: Buffer, start: number, end: number, line: number): number {
    let fields = this.fields
    let field = 0
    // `| 0` tells V8 that this is an integer; else it may keep it as a tagged value, which costs a third of the speed.
    let at = start | 0
    this.newlines = 0
    this.openQuoteLine = 0
    for (;;) {
      if (field === fields.length) fields = this.#moreFields()
      let special = false
      let byte = bytes[at]!
      if (byte === QUOTE) {
        const quoteLine = line + this.newlines
        fields[field] = at + 1
        byte = bytes[++at]!
        for (;;) {
          while (PLAIN_IN_QUOTES[byte] === 1) byte = bytes[++at]!
          if (byte === QUOTE) {
            byte = bytes[++at]!
            if (byte !== QUOTE) break
          } else if (byte === NEWLINE) this.newlines++
          else if (at === end) {
            this.openQuoteLine = quoteLine
            return INCOMPLETE
          }
          special = true
          byte = bytes[++at]!
        }
        fields[field + 1] = special ? ~(at - 1) : at - 1
      } else {
        fields[field] = at
        for (;;) {
          while (PLAIN[byte] === 1) byte = bytes[++at]!
          if (byte === COMMA || byte === NEWLINE) break
          if (byte === RETURN || byte === QUOTE || at >= end) break
          special = true
          byte = bytes[++at]!
        }
        fields[field + 1] = special ? ~at : at
      }
      field += 2
      at++
      if (byte === COMMA) continue
      if (byte === RETURN) byte = bytes[at++]!
      if (byte === NEWLINE) {
        this.fieldCount = field >> 1
        return at
      }
      if (at > end) return INCOMPLETE
      throw this.#misplaced(bytes, at - 1, line)
    }
  }

  #misplaced(bytes: Buffer, at: number, line: number): FormatError {
    const faultLine = line + this.newlines
    if (bytes[at - 1] === RETURN) return new FormatError(faultLine, 'a carriage return alone, outside quotes')
    if (bytes[at] === QUOTE) return new FormatError(faultLine, 'a quote inside a field without quotes')
    return new FormatError(
      faultLine,
      `expected ',' or the end of the line behind a quote, found ${describeByte(bytes[at]!)}`,
    )
  }

  #moreFields(): Int32Array<ArrayBuffer> {
    const more = new Int32Array(this.fields.length * 2)
    more.set(this.fields)
    this.fields = more
    return more
  }
}

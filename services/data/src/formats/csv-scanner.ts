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
  /** The same before the opening quote that was found last. */
  newlinesBeforeQuote = 0

  /**
   * Returns the position behind the row that begins at `start` and its line end, or `INCOMPLETE`; throws FormatError.
   * `bytes[end]` must be a NUL. `line` is the source line of `start`.
   */
  scan(bytes: Buffer, start: number, end: number, line: number): number {
    const position = this.#scan(bytes, start, end)
    if (position < 0) {
      if (~position >= end) return INCOMPLETE
      throw misplaced(bytes, ~position, line + this.newlines)
    }
    if (this.fieldCount * 2 <= this.fields.length) return position
    // Fields for which the array had no place were lost: a store behind its end does nothing.
    this.fields = new Int32Array(this.fieldCount * 2)
    return this.scan(bytes, start, end, line)
  }

  /**
   * Returns the position behind the row, or the complement of the position where it is not as it should be. Calls nothing:
   * a call in it, even one that is never made, costs up to a third of the speed once there are quotes.
   */
  #scan(bytes: Buffer, start: number, end: number): number {
    const fields = this.fields
    let field = 0
    let at = start
    this.newlines = 0
    for (;;) {
      let byte = bytes[at]!
      let special = false
      if (byte === QUOTE) {
        this.newlinesBeforeQuote = this.newlines
        fields[field] = at + 1
        byte = bytes[++at]!
        for (;;) {
          while (PLAIN_IN_QUOTES[byte] === 1) byte = bytes[++at]!
          if (byte === QUOTE) {
            byte = bytes[++at]!
            if (byte !== QUOTE) break
          } else if (byte === NEWLINE) this.newlines++
          else if (at === end) return ~at
          special = true
          byte = bytes[++at]!
        }
        fields[field + 1] = special ? ~(at - 1) : at - 1
      } else {
        fields[field] = at
        for (;;) {
          while (PLAIN[byte] === 1) byte = bytes[++at]!
          if (byte === COMMA || byte === NEWLINE) break
          if (byte === RETURN || byte === QUOTE || at === end) break
          special = true
          byte = bytes[++at]!
        }
        fields[field + 1] = special ? ~at : at
      }
      field += 2
      if (byte === COMMA) {
        at++
        continue
      }
      if (byte === RETURN) byte = bytes[++at]!
      if (byte !== NEWLINE) return ~at
      this.fieldCount = field >> 1
      return at + 1
    }
  }
}

function misplaced(bytes: Buffer, at: number, line: number): FormatError {
  if (bytes[at - 1] === RETURN) return new FormatError(line, 'a carriage return alone, outside quotes')
  if (bytes[at] === QUOTE) return new FormatError(line, 'a quote inside a field without quotes')
  return new FormatError(line, `expected ',' or the end of the line behind a quote, found ${describeByte(bytes[at]!)}`)
}

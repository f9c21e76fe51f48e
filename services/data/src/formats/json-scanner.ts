// Checks the JSON of one record against RFC 8259 where it lies in the bytes, without building a value: numbers and
// escapes stay as written, and no memory is allocated for a record.
import { describeByte, FormatError } from './format-error.ts'

// Not imported: V8 folds a constant of the same file into the code and reads an imported one from memory each time,
// which costs the scan 8 %.
const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

const MAX_DEPTH = 512

/** The bytes end before the record does. */
export const INCOMPLETE = -1

export class JsonScanner {
  /** Whether the record scanned last has whitespace outside its strings. */
  spaced = false
  /** Line ends inside the record scanned last, or before the fault in it. */
  newlines = 0

  readonly #oneLine: boolean
  /** For each open container the byte that closes it; the record itself is the first. */
  readonly #closers = new Uint8Array(MAX_DEPTH + 1)

  /** @param options.oneLine a line end inside a record is an error (NDJSON), not whitespace. */
  constructor(options: { oneLine: boolean }) {
    this.#oneLine = options.oneLine
    this.#closers[0] = CLOSE_BRACE
  }

  /**
   * Returns the position behind the record that begins with the `{` at `start`, or `INCOMPLETE`; throws FormatError.
   * The loops run without asking for the end: `bytes[end]` must be a NUL, or, with `oneLine`, `bytes[end - 1]` a line
   * end. `line` is the source line of `start`.
   */
  scan(bytes: Buffer, start: number, end: number, line: number): number {
    this.spaced = false
    this.newlines = 0
    const closers = this.#closers
    let depth = 0
    let closer = CLOSE_BRACE
    let at = start + 1
    let byte = bytes[at]!
    if (byte <= SPACE) {
      at = this.#skipSpace(bytes, at)
      byte = bytes[at]!
    }
    if (byte === CLOSE_BRACE) return at + 1
    let inObject = true
    for (;;) {
      if (inObject) {
        if (byte !== QUOTE) return this.#stop(bytes, at, end, line, 'a key in quotes')
        at = endOfString(bytes, at + 1)
        if (at < 0) return this.#stopInString(bytes, ~at, end, line)
        byte = bytes[++at]!
        if (byte <= SPACE) {
          at = this.#skipSpace(bytes, at)
          byte = bytes[at]!
        }
        if (byte !== COLON) return this.#stop(bytes, at, end, line, "':'")
        byte = bytes[++at]!
        if (byte <= SPACE) {
          at = this.#skipSpace(bytes, at)
          byte = bytes[at]!
        }
      }

      if (byte === QUOTE) {
        at = endOfString(bytes, at + 1)
        if (at < 0) return this.#stopInString(bytes, ~at, end, line)
        at++
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        const inner = byte + 2 // '{' + 2 is '}', '[' + 2 is ']'
        byte = bytes[++at]!
        if (byte <= SPACE) {
          at = this.#skipSpace(bytes, at)
          byte = bytes[at]!
        }
        if (byte !== inner) {
          if (++depth === MAX_DEPTH) throw this.#error(line, `nested deeper than ${MAX_DEPTH} levels`)
          closer = closers[depth] = inner
          inObject = inner === CLOSE_BRACE
          continue
        }
        at++
      } else {
        at = endOfScalar(bytes, at)
        if (at < 0) return this.#stop(bytes, ~at, end, line, 'a value')
      }

      byte = bytes[at]!
      if (byte <= SPACE) {
        at = this.#skipSpace(bytes, at)
        byte = bytes[at]!
      }
      while (byte === closer) {
        at++
        if (depth === 0) return at
        closer = closers[--depth]!
        inObject = closer === CLOSE_BRACE
        byte = bytes[at]!
        if (byte <= SPACE) {
          at = this.#skipSpace(bytes, at)
          byte = bytes[at]!
        }
      }
      if (byte !== COMMA) return this.#stop(bytes, at, end, line, inObject ? "',' or '}'" : "',' or ']'")
      byte = bytes[++at]!
      if (byte <= SPACE) {
        at = this.#skipSpace(bytes, at)
        byte = bytes[at]!
      }
    }
  }

  #skipSpace(bytes: Buffer, at: number): number {
    const from = at
    for (;;) {
      const byte = bytes[at]
      if (byte === NEWLINE) {
        if (this.#oneLine) break
        this.newlines++
      } else if (byte !== SPACE && byte !== TAB && byte !== RETURN) break
      at++
    }
    if (at > from) this.spaced = true
    return at
  }

  #stop(bytes: Buffer, at: number, end: number, line: number, expected: string): typeof INCOMPLETE {
    if (at >= end) return INCOMPLETE
    throw this.#error(line, `expected ${expected}, found ${describeByte(bytes[at]!)}`)
  }

  #stopInString(bytes: Buffer, at: number, end: number, line: number): typeof INCOMPLETE {
    if (at >= end) return INCOMPLETE
    const byte = bytes[at]!
    if (byte === NEWLINE) throw this.#error(line, 'the line ends inside a string')
    if (byte < SPACE) throw this.#error(line, `a control character in a string, ${describeByte(byte)}`)
    throw this.#error(line, `a bad escape in a string, at ${describeByte(byte)}`)
  }

  #error(line: number, reason: string): FormatError {
    return new FormatError(line + this.newlines, reason)
  }
}

// The functions below answer with a position, or with its complement (`~at`) where the JSON is not what it should be.

/** The closing quote of the string whose first byte is at `at`. */
function endOfString(bytes: Buffer, at: number): number {
  let byte = bytes[at]!
  while (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) byte = bytes[++at]!
  return byte === QUOTE ? at : endOfStringFromEscape(bytes, at)
}

function endOfStringFromEscape(bytes: Buffer, at: number): number {
  for (;;) {
    let byte = bytes[at]!
    if (byte === QUOTE) return at
    if (byte !== BACKSLASH) return ~at
    byte = bytes[++at]!
    if (byte === 0x75 /* u */) {
      for (const last = at + 4; at < last; ) if (!isHex(bytes[++at]!)) return ~at
    } else if (!isSimpleEscape(byte)) return ~at
    byte = bytes[++at]!
    while (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) byte = bytes[++at]!
  }
}

/** The position behind the number, `true`, `false` or `null` at `at`. */
function endOfScalar(bytes: Buffer, at: number): number {
  let byte = bytes[at]!
  if (byte === 0x2d /* - */) byte = bytes[++at]!
  else if (byte === 0x6e /* n */) return endOfWord(bytes, at, 0x75, 0x6c, 0x6c)
  else if (byte === 0x74 /* t */) return endOfWord(bytes, at, 0x72, 0x75, 0x65)
  else if (byte === 0x66 /* f */) return bytes[at + 1] === 0x61 ? endOfWord(bytes, at + 1, 0x6c, 0x73, 0x65) : ~(at + 1)

  if (byte === 0x30 /* 0 */) byte = bytes[++at]!
  else if (isDigit(byte)) while (isDigit(byte)) byte = bytes[++at]!
  else return ~at
  if (byte === 0x2e /* . */) {
    byte = bytes[++at]!
    if (!isDigit(byte)) return ~at
    while (isDigit(byte)) byte = bytes[++at]!
  }
  if ((byte | 0x20) === 0x65 /* e */) {
    byte = bytes[++at]!
    if (byte === 0x2b || byte === 0x2d /* + - */) byte = bytes[++at]!
    if (!isDigit(byte)) return ~at
    while (isDigit(byte)) byte = bytes[++at]!
  }
  return at
}

function endOfWord(bytes: Buffer, at: number, second: number, third: number, fourth: number): number {
  if (bytes[at + 1] !== second) return ~(at + 1)
  if (bytes[at + 2] !== third) return ~(at + 2)
  return bytes[at + 3] === fourth ? at + 4 : ~(at + 3)
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number): boolean {
  const lower = byte | 0x20
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66)
}

function isSimpleEscape(byte: number): boolean {
  // " \ / b f n r t
  return (
    byte === QUOTE ||
    byte === BACKSLASH ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  )
}

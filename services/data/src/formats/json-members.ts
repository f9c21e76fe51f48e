// Finds the members of a record that the scanner has checked; nothing is checked again.

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACKET = 0x5d
const CLOSE_BRACE = 0x7d

export class JsonMembers {
  /**
   * Of the record read last, four numbers for each member of its top level: where its key starts and ends, without the
   * quotes, and where its value starts and ends.
   */
  spans = new Int32Array(256)
  count = 0

  /** @param start at the `{` of the record or in the whitespace before it. */
  read(bytes: Buffer, start: number): void {
    let spans = this.spans
    let span = 0
    let at = skipTo(bytes, skipTo(bytes, start) + 1)
    while (bytes[at] !== CLOSE_BRACE) {
      if (span === spans.length) spans = this.#moreSpans()
      spans[span] = at + 1
      at = endOfString(bytes, at + 1)
      spans[span + 1] = at
      do at++
      while (bytes[at] !== COLON)
      at = skipTo(bytes, at + 1)
      spans[span + 2] = at
      at = endOfValue(bytes, at)
      spans[span + 3] = at
      span += 4
      at = skipTo(bytes, at)
      if (bytes[at] === COMMA) at = skipTo(bytes, at + 1)
    }
    this.count = span >> 2
  }

  #moreSpans(): Int32Array<ArrayBuffer> {
    const more = new Int32Array(this.spans.length * 2)
    more.set(this.spans)
    this.spans = more
    return more
  }
}

/** The first byte from `at` on that is not whitespace. */
function skipTo(bytes: Buffer, at: number): number {
  while (bytes[at]! <= SPACE) at++
  return at
}

/** The closing quote of the string whose first byte is at `at`. */
export function endOfString(bytes: Buffer, at: number): number {
  let byte = bytes[at]!
  while (byte !== QUOTE) {
    if (byte === BACKSLASH) at++
    byte = bytes[++at]!
  }
  return at
}

function endOfValue(bytes: Buffer, at: number): number {
  let byte = bytes[at]!
  if (byte === QUOTE) return endOfString(bytes, at + 1) + 1
  if (byte !== OPEN_BRACE && byte !== OPEN_BRACKET) {
    while (byte > SPACE && byte !== COMMA && byte !== CLOSE_BRACE) byte = bytes[++at]!
    return at
  }
  for (let depth = 0; ; byte = bytes[++at]!) {
    if (byte === QUOTE) at = endOfString(bytes, at + 1)
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at + 1
  }
}

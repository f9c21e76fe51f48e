// Takes the whitespace outside strings from JSON that the scanner has checked; everything else stays as written.

const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Writes `source[from, end)` to `target` at `to`, which has room for all of it, and returns the position behind. */
export function copyCompact(target: Buffer, to: number, source: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    let byte = source[at]!
    if (byte <= SPACE) continue
    target[to++] = byte
    if (byte !== QUOTE) continue
    do {
      byte = source[++at]!
      target[to++] = byte
      if (byte === BACKSLASH) target[to++] = source[++at]!
    } while (byte !== QUOTE)
  }
  return to
}

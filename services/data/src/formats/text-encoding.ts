// Sources are UTF-8; another encoding is refused before it can be taken for bad JSON or CSV.
import { isUtf8 } from 'node:buffer'
import { FormatError } from './format-error.ts'

/** So many bytes of a source decide on its encoding (fewer when the source is shorter). */
export const ENCODING_BYTES = 3

/** The length of the byte order mark that begins the source, or 0. */
export function byteOrderMarkLength(head: Buffer): number {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 3
  const marked = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)
  if (marked || head[0] === 0 || head[1] === 0) throw new FormatError(1, 'the file is UTF-16, it must be UTF-8')
  return 0
}

/** @param line the source line on which `bytes` begins. */
export function assertUtf8(bytes: Buffer, line: number): void {
  if (isUtf8(bytes)) return
  for (let from = 0, at = line; ; at++) {
    const lineEnd = bytes.indexOf('\n', from)
    if (lineEnd < 0 || !isUtf8(bytes.subarray(from, lineEnd))) throw new FormatError(at, 'a byte that is not UTF-8')
    from = lineEnd + 1
  }
}

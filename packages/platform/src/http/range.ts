// Byte ranges of a file of known length (RFC 9110 14).
import { refuse } from './api-error.ts'

export interface ByteRange {
  /** First byte, inclusive. */
  start: number
  /** Last byte, inclusive. */
  end: number
}

/**
 * Reads a Range header. Undefined: no range was asked for, or one that RFC 9110 lets us ignore (another unit, several
 * ranges); the whole file is the answer. Throws RANGE_NOT_SATISFIABLE where it lies outside or is malformed.
 */
export function readRange(header: string | undefined, length: number): ByteRange | undefined {
  if (header === undefined || !/^bytes=/i.test(header) || header.includes(',')) return undefined
  const match = /^bytes=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header)
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? '']
  if (first === '' && last === '') throw notSatisfiable(length)
  const start = first === '' ? Math.max(length - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1)
  if (start > end || start >= length) throw notSatisfiable(length)
  return { start, end }
}

function notSatisfiable(length: number) {
  return refuse('RANGE_NOT_SATISFIABLE', `the file has ${length} bytes, counted from 0`, {
    headers: { 'Content-Range': `bytes */${length}` },
  })
}

// A source that is not what its ending says is refused with the line at fault, so that its owner can mend it.

/** `message` begins with "line 17: "; the caller puts the file's name before it. Lines are those of the source, from 1. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly line: number
  readonly reason: string

  constructor(line: number, reason: string) {
    super(`line ${line}: ${reason}`)
    this.line = line
    this.reason = reason
  }
}

/** The longest record, in bytes of the source: it bounds the memory of a conversion. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

export function recordTooLong(line: number): FormatError {
  return new FormatError(line, `a record of more than ${MAX_RECORD_BYTES / 1024 / 1024} MiB`)
}

/** A byte in words: `'x'`, `the end of the line`, `byte 0xC3`. */
export function describeByte(byte: number): string {
  if (byte === 0x0a) return 'the end of the line'
  if (byte > 0x20 && byte < 0x7f) return `'${String.fromCharCode(byte)}'`
  return `byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

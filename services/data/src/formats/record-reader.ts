// What every source format does alike: read whole records and hand them on.

export interface RecordReader {
  /** The source line on which the next unread byte stands, from 1. */
  readonly line: number
  /** Records read since the start of the source. */
  readonly records: number
  /**
   * Reads the whole records in `bytes[start, end)` until `records` is `enough`, and returns the position behind the last
   * thing read. Throws FormatError. `bytes[end]` must be a NUL, or `bytes[end - 1]` a line end in a format of lines.
   */
  read(bytes: Buffer, start: number, end: number, enough: number): number
  /** The source ends here, with or without the beginning of a record unread: throws FormatError where it must not. */
  end(unread: boolean): void
}

/** Takes JSON records, checked by a JsonScanner, as they lie in the source. */
export interface JsonSink {
  /**
   * The record is the object in `bytes[start, end)`; around it may be the whitespace of its line. The bytes hold still
   * until the sink is emptied, not longer.
   */
  write(bytes: Buffer, start: number, end: number, line: number): void
}

// A Parquet file that cannot be read is refused with what its owner can do about it.

/** The file is not what it says. The message has no file name: the caller puts it before. */
export class ParquetError extends Error {
  override readonly name = 'ParquetError'
}

/** The file is whole, and more would have to lie in memory at once than may. */
export class ParquetTooLarge extends Error {
  override readonly name = 'ParquetTooLarge'
}

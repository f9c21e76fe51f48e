// Parquet files for tests, made in memory.
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type ColumnSource, type ParquetWriteOptions, parquetWriteBuffer } from 'hyparquet-writer'

type Options = Partial<Omit<ParquetWriteOptions, 'writer' | 'columnData'>>

const compressors = {
  GZIP: (bytes: Uint8Array) => gzipSync(bytes),
  ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes),
}

/** Pages of version 2, with an offset index unless a column says otherwise. */
export function parquet(columnData: ColumnSource[], options: Options = {}): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData, compressors, ...options }))
}

/** Of records that have an `id` and a `text`. */
export function parquetOf(records: readonly { id: number; text: string }[], options: Options = {}): Buffer {
  const columns: ColumnSource[] = [
    { name: 'id', data: records.map(({ id }) => id), type: 'INT32' },
    { name: 'text', data: records.map(({ text }) => text), type: 'STRING' },
  ]
  return parquet(columns, options)
}

// Unpacks a page of a column by the codec that its column names.
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { CompressionCodec } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { ParquetError } from './parquet-error.ts'

const nothing = new Uint8Array(0)

/** `bytes` is what it must come to. What packs the page is C in Node.js where Node.js has it, else the library's. */
export function unpackPage(codec: CompressionCodec, packed: Uint8Array, bytes: number): Uint8Array {
  const unpacked = unpack(codec, packed, bytes)
  if (unpacked.length !== bytes) throw new ParquetError(`a page of ${unpacked.length} bytes should have ${bytes}`)
  return unpacked
}

function unpack(codec: CompressionCodec, packed: Uint8Array, bytes: number): Uint8Array {
  if (bytes === 0) return nothing
  const bounded = { maxOutputLength: bytes }
  switch (codec) {
    case 'UNCOMPRESSED':
      return packed
    case 'GZIP':
      return gunzipSync(packed, bounded)
    case 'ZSTD':
      return zstdDecompressSync(packed, bounded)
    case 'BROTLI':
      return brotliDecompressSync(packed, bounded)
    case 'SNAPPY':
    case 'LZ4':
    case 'LZ4_RAW':
      return compressors[codec]!(packed, bytes)
    default:
      throw new ParquetError(`it is packed with ${codec}, which cannot be read`)
  }
}

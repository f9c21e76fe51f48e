// The footer of a Parquet file: which columns it has, and where the pieces of each lie. What else stands there is forgotten.
import { type CompressionCodec, parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet'
import { ParquetError, ParquetTooLarge } from './parquet-error.ts'
import { type ColumnShape, type RecordShape, shapeOf } from './record-shape.ts'

/** Bytes of a file, wherever it lies. */
export interface ParquetSource {
  readonly bytes: number
  /** From `start` up to `end`, exclusive; the memory is the caller's, unless it is shared. */
  read(start: number, end: number): Promise<Uint8Array>
  /** Two readings may answer views of the same memory, which then nobody may give back. */
  isShared?: boolean
}

/** The pages of one column in one row group. */
export interface ColumnChunk {
  column: ColumnShape
  codec: CompressionCodec
  start: number
  end: number
  /** Levels or values: for a column that does not repeat, rows. */
  values: number
  offsetIndex: { start: number; end: number } | undefined
}

export interface RowGroup {
  firstRow: number
  rows: number
  /** In the order of the columns. */
  chunks: ColumnChunk[]
}

export interface Footer {
  rows: number
  shape: RecordShape
  groups: RowGroup[]
  /** Of the footer in the file. */
  bytes: number
}

const tailBytes = 64 * 1024
/** The length of the footer, and `PAR1`. */
const endBytes = 8
const footerBytesAtMost = 16 * 1024 * 1024

export async function readFooter(source: ParquetSource): Promise<Footer> {
  if (source.bytes < endBytes + 4) throw new ParquetError('it is too short')
  const tail = await source.read(Math.max(source.bytes - tailBytes, 0), source.bytes)
  const mark = Buffer.from(tail.subarray(-4)).toString('latin1')
  if (mark === 'PARE') throw new ParquetError('it is encrypted')
  if (mark !== 'PAR1') throw new ParquetError('it does not end as one')
  const bytes = new DataView(tail.buffer, tail.byteOffset, tail.byteLength).getUint32(tail.length - endBytes, true)
  if (bytes + endBytes + 4 > source.bytes) throw new ParquetError('its footer is longer than the file')
  if (bytes > footerBytesAtMost) throw new ParquetTooLarge(`its footer has ${bytes} bytes: write fewer row groups`)
  const whole = bytes + endBytes
  const footer = whole <= tail.length ? tail : await source.read(source.bytes - whole, source.bytes)
  return { ...describe(footer, source.bytes), bytes }
}

function describe(footer: Uint8Array, fileBytes: number): Omit<Footer, 'bytes'> {
  const metadata = parquetMetadata(footer, { geoparquet: false })
  const shape = shapeOf(parquetSchema(metadata) as SchemaTree)
  const groups: RowGroup[] = []
  let firstRow = 0
  for (const group of metadata.row_groups) {
    const rows = countOf(group.num_rows)
    const byPath = new Map(group.columns.map(chunk => [pathKey(chunk.meta_data?.path_in_schema ?? []), chunk]))
    const chunks = shape.columns.map(column => {
      const chunk = byPath.get(pathKey(column.path))
      if (!chunk?.meta_data || chunk.crypto_metadata)
        throw new ParquetError(`the column ${column.name} is encrypted or missing`)
      if (chunk.file_path) throw new ParquetError(`the column ${column.name} lies in another file`)
      const { meta_data: about } = chunk
      if (about.type !== column.type) throw new ParquetError(`the column ${column.name} is not of its type`)
      // Some writers name no dictionary, or one at 0.
      const starts = [about.data_page_offset, about.dictionary_page_offset ?? 0n].map(Number).filter(at => at > 0)
      const start = Math.min(...starts)
      const end = start + countOf(about.total_compressed_size)
      if (starts.length === 0 || end > fileBytes)
        throw new ParquetError(`the column ${column.name} lies outside of the file`)
      const values = countOf(about.num_values)
      return { column, codec: about.codec, start, end, values, offsetIndex: offsetIndexOf(chunk, fileBytes) }
    })
    if (rows > 0) groups.push({ firstRow, rows, chunks })
    firstRow += rows
  }
  return { rows: firstRow, shape, groups }
}

interface Indexed {
  offset_index_offset?: bigint
  offset_index_length?: number
}

function offsetIndexOf(
  { offset_index_offset, offset_index_length }: Indexed,
  fileBytes: number,
): ColumnChunk['offsetIndex'] {
  if (!offset_index_offset || !offset_index_length) return undefined
  const start = Number(offset_index_offset)
  const end = start + offset_index_length
  return offset_index_length > 0 && end <= fileBytes ? { start, end } : undefined
}

function countOf(value: bigint): number {
  const count = Number(value)
  if (!Number.isSafeInteger(count) || count < 0) throw new ParquetError(`its footer counts ${value}`)
  return count
}

function pathKey(path: readonly string[]): string {
  return path.join('\0')
}

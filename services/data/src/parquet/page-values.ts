// The values of one page of a column: decoded as far as is needed to write any of them as JSON.
import type { DataReader, Encoding } from 'hyparquet'
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { byteStreamSplit, readRleBitPackedHybrid } from 'hyparquet/src/encoding.js'
import { readPlain } from 'hyparquet/src/plain.js'
import { JsonOutput } from './json-output.ts'
import type { ValueType } from './json-values.ts'
import { ParquetError, ParquetTooLarge } from './parquet-error.ts'
import type { ColumnShape } from './record-shape.ts'

export interface PageValues {
  /** Writes one as JSON. */
  write(index: number, output: JsonOutput): void
}

/** `count` values, nulls not among them, in what is left of `bytes` from `offset` on. */
export function decodeValues(
  bytes: Uint8Array,
  offset: number,
  {
    count,
    encoding,
    column,
    dictionary,
  }: { count: number; encoding: Encoding; column: ColumnShape; dictionary: Dictionary | undefined },
): PageValues {
  if (count === 0) return noValues
  const { type, typeLength, value } = column
  const reader: DataReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset }
  switch (encoding) {
    case 'PLAIN':
      assertRoom(bytes.length - offset, count, type, typeLength)
      if (type === 'BYTE_ARRAY') return plainByteArrays(bytes, offset, count, value)
      if (type === 'FIXED_LEN_BYTE_ARRAY')
        return fixedByteArrays(bytes, offset, { count, length: typeLength!, type: value })
      return new ListedValues(readPlain(reader, type, count, typeLength), value)
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      if (!dictionary) throw new ParquetError(`the column ${column.name} lacks its dictionary`)
      return new DictionaryValues(readIndexes(reader, count), dictionary)
    case 'RLE': {
      const bits = new Uint8Array(count)
      // Booleans; only here a length comes first.
      readRleBitPackedHybrid(reader, 1, bits)
      return new ListedValues(bits, value)
    }
    case 'DELTA_BINARY_PACKED': {
      const numbers = type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count)
      deltaBinaryUnpack(reader, count, numbers)
      return new ListedValues(numbers, value)
    }
    case 'DELTA_LENGTH_BYTE_ARRAY':
      return deltaByteArrays(reader, { count, hasPrefixes: false, type: value })
    case 'DELTA_BYTE_ARRAY':
      return deltaByteArrays(reader, { count, hasPrefixes: true, type: value })
    case 'BYTE_STREAM_SPLIT': {
      assertRoom(bytes.length - offset, count, type, typeLength)
      return new ListedValues(byteStreamSplit(reader, count, type, typeLength), value)
    }
    default:
      throw new ParquetError(`the column ${column.name} is written in ${encoding}, which cannot be read`)
  }
}

/** The values of a dictionary page, as JSON. */
export class Dictionary {
  readonly json: Buffer
  /** Where each begins, and the end of the last. */
  readonly starts: Uint32Array

  constructor(page: Uint8Array, count: number, column: ColumnShape) {
    const values = decodeValues(page, 0, { count, encoding: 'PLAIN', column, dictionary: undefined })
    const output = new JsonOutput(page.length * 2 + 64)
    this.starts = new Uint32Array(count + 1)
    for (let index = 0; index < count; index++) {
      values.write(index, output)
      this.starts[index + 1] = output.length
    }
    this.json = output.take()
  }
}

const noValues: PageValues = {
  write() {
    throw new ParquetError('a column has fewer values than it counts')
  },
}

class ListedValues implements PageValues {
  readonly #values: ArrayLike<unknown>
  readonly #type: ValueType

  constructor(values: ArrayLike<unknown>, type: ValueType) {
    this.#values = values
    this.#type = type
  }

  write(index: number, output: JsonOutput): void {
    if (index >= this.#values.length) noValues.write(index, output)
    this.#type.write(this.#values[index], output)
  }
}

/** Lie one behind the other, each behind `gap` bytes that are none of its own: where they begin is all that is kept of them. */
class ByteArrays implements PageValues {
  readonly #bytes: Buffer
  /** Of the gaps; and the end of the last value. */
  readonly #starts: Uint32Array
  readonly #gap: number
  readonly #type: ValueType

  constructor(bytes: Uint8Array, starts: Uint32Array, { gap, type }: { gap: number; type: ValueType }) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#starts = starts
    this.#gap = gap
    this.#type = type
    if (starts.at(-1)! > bytes.length) throw new ParquetError('a value is longer than its page')
  }

  write(index: number, output: JsonOutput): void {
    if (index >= this.#starts.length - 1) noValues.write(index, output)
    const start = this.#starts[index]! + this.#gap
    const end = this.#starts[index + 1]!
    if (this.#type.isText) output.text(this.#bytes, start, end)
    else this.#type.write(this.#bytes.subarray(start, end), output)
  }
}

/** Each with its length before it, in four bytes. */
function plainByteArrays(bytes: Uint8Array, offset: number, count: number, type: ValueType): PageValues {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const starts = new Uint32Array(count + 1)
  let at = offset
  for (let index = 0; index < count; index++) {
    starts[index] = at
    at += 4 + view.getUint32(at, true)
  }
  starts[count] = at
  return new ByteArrays(bytes, starts, { gap: 4, type })
}

function fixedByteArrays(
  bytes: Uint8Array,
  offset: number,
  { count, length, type }: { count: number; length: number; type: ValueType },
): PageValues {
  const starts = Uint32Array.from({ length: count + 1 }, (_, index) => offset + index * length)
  return new ByteArrays(bytes, starts, { gap: 0, type })
}

/** A page of what begins like the value before may come to any multiple of its size. */
const spelledOutAtMost = 64 * 1024 * 1024

/** All lengths come first, then the bytes of all, without what each has in common with the one before. */
function deltaByteArrays(
  reader: DataReader,
  { count, hasPrefixes, type }: { count: number; hasPrefixes: boolean; type: ValueType },
): PageValues {
  const prefixes = new Int32Array(count)
  if (hasPrefixes) deltaBinaryUnpack(reader, count, prefixes)
  const suffixes = new Int32Array(count)
  deltaBinaryUnpack(reader, count, suffixes)
  const starts = new Uint32Array(count + 1)
  let bytes = 0
  for (let index = 0; index < count; index++) {
    const [prefix, suffix] = [prefixes[index]!, suffixes[index]!]
    const before = bytes - (starts[index - 1] ?? bytes)
    if (prefix < 0 || suffix < 0 || prefix > before) throw new ParquetError('a value has no length')
    starts[index] = bytes
    bytes += prefix + suffix
    if (bytes > spelledOutAtMost)
      throw new ParquetTooLarge('one of its pages spells out to more than 64 MiB: write it with smaller pages')
  }
  starts[count] = bytes
  const { view } = reader
  const source = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  const spelledOut = new Uint8Array(bytes)
  for (let index = 0; index < count; index++) {
    const start = starts[index]!
    const [prefix, suffix] = [prefixes[index]!, suffixes[index]!]
    if (prefix > 0) spelledOut.copyWithin(start, starts[index - 1]!, starts[index - 1]! + prefix)
    spelledOut.set(source.subarray(reader.offset, reader.offset + suffix), start + prefix)
    reader.offset += suffix
  }
  if (reader.offset > source.length) throw new ParquetError('a value is longer than its page')
  return new ByteArrays(spelledOut, starts, { gap: 0, type })
}

class DictionaryValues implements PageValues {
  readonly #indexes: ArrayLike<number>
  readonly #dictionary: Dictionary

  constructor(indexes: ArrayLike<number>, dictionary: Dictionary) {
    this.#indexes = indexes
    this.#dictionary = dictionary
  }

  write(index: number, output: JsonOutput): void {
    const entry = this.#indexes[index]
    const { json, starts } = this.#dictionary
    if (entry === undefined || entry >= starts.length - 1) throw new ParquetError('a value is not in its dictionary')
    output.copy(json, starts[entry]!, starts[entry + 1]!)
  }
}

/** A width of no bits means the first entry, each time. */
function readIndexes(reader: DataReader, count: number): Uint32Array {
  const indexes = new Uint32Array(count)
  const bits = reader.view.getUint8(reader.offset++)
  if (bits > 32) throw new ParquetError(`a dictionary is pointed into with ${bits} bits`)
  if (bits > 0) readRleBitPackedHybrid(reader, bits, indexes, reader.view.byteLength - reader.offset)
  return indexes
}

/** So that a count that is made up makes no memory. */
function assertRoom(bytes: number, count: number, type: ColumnShape['type'], typeLength: number | undefined): void {
  const bits = {
    BOOLEAN: 1,
    INT32: 32,
    FLOAT: 32,
    INT64: 64,
    DOUBLE: 64,
    INT96: 96,
    BYTE_ARRAY: 32,
    FIXED_LEN_BYTE_ARRAY: (typeLength ?? 0) * 8,
  }[type]
  if (count * bits > bytes * 8) throw new ParquetError('a page has fewer values than it counts')
}

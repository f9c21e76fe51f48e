// The pages of one column in one row group, one after the other, or from the page on that has a wanted row.
import type { PageHeader } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js'
import { readOffsetIndex } from 'hyparquet/src/indexes.js'
import { giveBack } from '../given-back.ts'
import { ColumnBytes } from './column-bytes.ts'
import type { ColumnChunk, ParquetSource } from './footer.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { Dictionary, decodeValues, type PageValues } from './page-values.ts'
import { ParquetError, ParquetTooLarge } from './parquet-error.ts'
import { unpackPage } from './unpack-page.ts'

export interface Page {
  /** How many values, nulls among them. */
  count: number
  /** Of each value; undefined where the column does not repeat. */
  repetitions: Uint8Array | undefined
  /** Of each value; undefined where all are there. */
  definitions: Uint8Array | undefined
  values: PageValues
  /** It begins and ends with a row. */
  hasWholeRows: boolean
  /** Of the budget. */
  held: number
  /** Its memory, where it has some of its own. */
  unpacked: Uint8Array | undefined
}

const headerBytes = 256
const headerBytesAtMost = 1024 * 1024
const valuesAtMost = 64 * 1024 * 1024
/** Memory of a value beside its page: where it begins, and its levels. */
const bytesBesideValue = 6

interface Header extends PageHeader {
  /** Of what follows it. */
  start: number
}

export class ColumnPages {
  readonly #source: ParquetSource
  readonly #chunk: ColumnChunk
  readonly #budget: MemoryBudget
  readonly #bytes: ColumnBytes
  #at: number
  /** Values that came before `#at`. */
  #seen = 0
  #dictionary: Dictionary | undefined
  #dictionaryHeld = 0

  constructor(
    source: ParquetSource,
    chunk: ColumnChunk,
    { budget, windowBytes }: { budget: MemoryBudget; windowBytes: number },
  ) {
    this.#source = source
    this.#chunk = chunk
    this.#budget = budget
    this.#at = chunk.start
    // Pages that are not packed are views of what was read.
    const isKept = chunk.codec === 'UNCOMPRESSED' || source.isShared === true
    this.#bytes = new ColumnBytes(source, chunk.end, { windowBytes, isKept })
  }

  /**
   * Goes to the page with the row, of the group, as near as can be told without unpacking one: by the offset index, or by the
   * headers of the pages. Answers the first row of the page that comes next.
   */
  async seek(row: number): Promise<number> {
    if (row === 0) return 0
    const { offsetIndex, column } = this.#chunk
    if (offsetIndex) return this.#seekByIndex(row, offsetIndex)
    for (let before = 0; ; ) {
      const header = await this.#header()
      const rows = header && rowsOf(header, column.maxRepetition)
      // Dictionary pages have no rows, and some pages do not say how many they have.
      if (!header || (isData(header) && (rows === undefined || before + rows > row))) return before
      if (!isData(header)) await this.#takeDictionary(header)
      else {
        before += rows!
        this.#seen += valuesOf(header)
      }
      this.#at = header.start + header.compressed_page_size
    }
  }

  async #seekByIndex(row: number, { start, end }: { start: number; end: number }): Promise<number> {
    const bytes = await this.#source.read(start, end)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const locations = readOffsetIndex({ view, offset: 0 }).page_locations
    const firstRows = locations.map(({ first_row_index }) => Number(first_row_index))
    const found = firstRows.findLastIndex(first => first <= row)
    const at = Number(locations[found]?.offset ?? -1n)
    if (at < this.#chunk.start || at >= this.#chunk.end) throw new ParquetError('its offset index leads nowhere')
    const header = await this.#header()
    if (header && !isData(header)) await this.#takeDictionary(header)
    // How many values came before is not known; rows are, and the group says how many it has.
    this.#seen = Number.NaN
    this.#at = at
    return firstRows[found]!
  }

  /** Undefined behind the last page. */
  async next(): Promise<Page | undefined> {
    for (;;) {
      if (this.#seen >= this.#chunk.values) return undefined
      const header = await this.#header()
      if (!header) return undefined
      if (!isData(header)) await this.#takeDictionary(header)
      else {
        this.#seen += valuesOf(header)
        const page = await this.#unpack(header)
        this.#at = header.start + header.compressed_page_size
        return page
      }
      this.#at = header.start + header.compressed_page_size
    }
  }

  release({ held, unpacked }: Page): void {
    this.#budget.letGo(held)
    if (unpacked) giveBack(unpacked)
  }

  close(): void {
    this.#budget.letGo(this.#dictionaryHeld)
    this.#dictionaryHeld = 0
    this.#dictionary = undefined
    this.#bytes.close()
  }

  /** What is left of a page that was unpacked once its values are gone; undefined where it is a view of what was read. */
  #ownMemory(unpacked: Uint8Array): Uint8Array | undefined {
    return this.#chunk.codec === 'UNCOMPRESSED' ? undefined : unpacked
  }

  /** A header has no length: what there is of it is read until it is whole. */
  async #header(): Promise<Header | undefined> {
    if (this.#at >= this.#chunk.end) return undefined
    for (let length = headerBytes; ; length *= 4) {
      const bytes = await this.#bytes.read(this.#at, length)
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
      try {
        const header = parquetHeader(reader)
        return checked({ ...header, start: this.#at + reader.offset }, this.#chunk.end)
      } catch (error) {
        const isAll = bytes.length < length || length >= headerBytesAtMost
        if (error instanceof ParquetError || isAll) throw error
      }
    }
  }

  async #packed({ start, compressed_page_size }: Header): Promise<Uint8Array> {
    const packed = await this.#bytes.read(start, compressed_page_size)
    if (packed.length < compressed_page_size) throw new ParquetError('a page ends behind its column')
    return packed
  }

  async #takeDictionary(header: Header): Promise<void> {
    const about = header.dictionary_page_header
    // Index pages, which nobody writes, are passed over.
    if (!about || this.#dictionary) return
    const { column, codec } = this.#chunk
    if (about.num_values > valuesAtMost)
      throw new ParquetTooLarge(`the column ${column.name} has a dictionary of ${about.num_values} values`)
    // As it lies there, and as JSON.
    this.#dictionaryHeld = header.uncompressed_page_size * 2 + about.num_values * bytesBesideValue
    this.#budget.hold(this.#dictionaryHeld)
    const page = unpackPage(codec, await this.#packed(header), header.uncompressed_page_size)
    this.#dictionary = new Dictionary(page, about.num_values, column)
    if (codec !== 'UNCOMPRESSED') giveBack(page)
  }

  async #unpack(header: Header): Promise<Page> {
    const held = header.uncompressed_page_size + valuesOf(header) * bytesBesideValue
    this.#budget.hold(held)
    const page = header.data_page_header_v2
      ? this.#decodeV2(await this.#packed(header), header)
      : this.#decodeV1(await this.#packed(header), header)
    return { ...page, held }
  }

  #decodeV1(packed: Uint8Array, header: Header): Omit<Page, 'held'> {
    const { column, codec } = this.#chunk
    const { num_values: count, encoding, ...levels } = header.data_page_header!
    const encodings = [levels.definition_level_encoding, levels.repetition_level_encoding]
    if (column.maxRepetition + column.maxDefinition > 0 && encodings.includes('BIT_PACKED')) {
      throw new ParquetError(`the column ${column.name} has levels of the deprecated encoding BIT_PACKED`)
    }
    const bytes = unpackPage(codec, packed, header.uncompressed_page_size)
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
    const repetitions = readLevels(reader, count, column.maxRepetition)
    const definitions = readLevels(reader, count, column.maxDefinition)
    const present = definitions ? countOf(definitions, column.maxDefinition) : count
    const values = decodeValues(bytes, reader.offset, {
      count: present,
      encoding,
      column,
      dictionary: this.#dictionary,
    })
    return {
      ...{ count, repetitions, definitions: present === count ? undefined : definitions, values },
      ...{ hasWholeRows: column.maxRepetition === 0, unpacked: this.#ownMemory(bytes) },
    }
  }

  /** Levels lie before the values, never packed. */
  #decodeV2(packed: Uint8Array, header: Header): Omit<Page, 'held'> {
    const { column, codec } = this.#chunk
    const about = header.data_page_header_v2!
    const { num_values: count, encoding } = about
    const reader = { view: new DataView(packed.buffer, packed.byteOffset, packed.byteLength), offset: 0 }
    const repetitionBytes = about.repetition_levels_byte_length
    const levelBytes = repetitionBytes + about.definition_levels_byte_length
    if (repetitionBytes < 0 || levelBytes < repetitionBytes || levelBytes > packed.length)
      throw new ParquetError('a page has no room for its levels')
    const repetitions = readLevels(reader, count, column.maxRepetition, repetitionBytes)
    reader.offset = repetitionBytes
    const definitions = readLevels(reader, count, column.maxDefinition, levelBytes - repetitionBytes)
    const present = definitions ? countOf(definitions, column.maxDefinition) : count
    const rest = packed.subarray(levelBytes)
    const isPacked = about.is_compressed !== false
    const bytes = isPacked ? unpackPage(codec, rest, header.uncompressed_page_size - levelBytes) : rest
    const values = decodeValues(bytes, 0, { count: present, encoding, column, dictionary: this.#dictionary })
    return {
      ...{ count, repetitions, definitions: present === count ? undefined : definitions, values },
      ...{ hasWholeRows: true, unpacked: isPacked ? this.#ownMemory(bytes) : undefined },
    }
  }
}

function checked(header: Header, end: number): Header {
  const { uncompressed_page_size, compressed_page_size, start } = header
  const counts = [uncompressed_page_size, compressed_page_size, valuesOf(header)]
  if (counts.some(count => !Number.isInteger(count) || count < 0)) throw new ParquetError('a page has no size')
  if (start + compressed_page_size > end) throw new ParquetError('a page ends behind its column')
  if (valuesOf(header) > valuesAtMost)
    throw new ParquetTooLarge('one of its pages has more than 64 million values: write it with smaller pages')
  return header
}

function isData({ type }: PageHeader): boolean {
  return type === 'DATA_PAGE' || type === 'DATA_PAGE_V2'
}

function valuesOf({ data_page_header, data_page_header_v2 }: PageHeader): number {
  return data_page_header_v2?.num_values ?? data_page_header?.num_values ?? 0
}

/** Undefined where that is not known before the page is unpacked. */
function rowsOf(header: PageHeader, maxRepetition: number): number | undefined {
  if (header.data_page_header_v2) return header.data_page_header_v2.num_rows
  return maxRepetition === 0 ? valuesOf(header) : undefined
}

interface Reader {
  view: DataView
  offset: number
}

/** Without `bytes` their length stands before them. */
function readLevels(reader: Reader, count: number, highest: number, bytes?: number): Uint8Array | undefined {
  if (highest === 0) return undefined
  const levels = new Uint8Array(count)
  if (count > 0) readRleBitPackedHybrid(reader, 32 - Math.clz32(highest), levels, bytes)
  return levels
}

function countOf(levels: Uint8Array, wanted: number): number {
  let count = 0
  for (const level of levels) if (level === wanted) count++
  return count
}

// The work of an export that needs the processor and no cloud: bytes of a source in, bytes of output and their checksum out.
import type { ExportFormat } from '@waybill/contracts'
import {
  type Converter,
  type ConverterState,
  createColumnScanner,
  createConverter,
  type SourceFormat,
} from '../formats/index.ts'
import { type Checksum, type ChecksumOrder, openChecksum } from './checksum.ts'
import type { LentBuffers } from './lent-buffers.ts'

export interface ConversionOrder {
  from: SourceFormat
  to: ExportFormat
  /** Where to go on; without it the conversion begins. */
  state: ConverterState | undefined
  /** Of CSV that is made of records, where they are known; else `scan` finds them. */
  columns: string[] | undefined
  /** Bytes of output to come that are written already: they only count for the checksum. */
  known: number
  checksum: ChecksumOrder
}

/** Output handed over, with the point of the source that it reaches to. */
export interface Converted {
  /** Filled parts of lent blocks, in their order; to be given back. */
  blocks: Buffer[]
  state: ConverterState
  /** Of all output up to there (Checksum.save). */
  checksum: string | undefined
}

export class Conversion {
  readonly #order: ConversionOrder
  readonly #lent: LentBuffers
  readonly #checksum: Checksum
  #scanner: ReturnType<typeof createColumnScanner> | undefined
  #converter: Converter | undefined
  #known: number
  /** Blocks, all full but the last one. */
  #held: Buffer[] = []
  #heldBytes = 0
  #roomInLast = 0

  private constructor(order: ConversionOrder, lent: LentBuffers, checksum: Checksum) {
    this.#order = order
    this.#lent = lent
    this.#checksum = checksum
    this.#known = order.known
  }

  static async begin(order: ConversionOrder, lent: LentBuffers): Promise<Conversion> {
    return new Conversion(order, lent, await openChecksum(order.checksum))
  }

  /** Bytes of output that are not handed over yet. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Counts output that an earlier run has written, for the checksum. */
  sum(bytes: Uint8Array): void {
    this.#checksum.update(bytes)
  }

  /** CSV made of records has the union of their keys as columns: they must all be seen before the first line is written. */
  scan(bytes: Uint8Array): void {
    const { from } = this.#order
    if (from === 'csv') throw new TypeError('the columns of CSV are its header row')
    this.#scanner ??= createColumnScanner({ from })
    this.#scanner.scan(bytes)
  }

  convert(bytes: Uint8Array): void {
    this.#keep(this.#begun().convert(bytes))
  }

  handOver(): Converted {
    const last = this.#held.length - 1
    const blocks = this.#held.map((block, at) =>
      at === last ? block.subarray(0, block.length - this.#roomInLast) : block,
    )
    this.#held = []
    this.#heldBytes = this.#roomInLast = 0
    return { blocks, state: this.#begun().state, checksum: this.#checksum.save() }
  }

  /** The source has ended: the rest, and the SHA-256 of all, in hex. */
  finish(): Converted & { sha256: string } {
    this.#keep(this.#begun().finish())
    return { ...this.handOver(), sha256: this.#checksum.digest() }
  }

  close(): void {
    for (const block of this.#held) this.#lent.giveBack(block)
    this.#held = []
  }

  #begun(): Converter {
    if (!this.#converter) {
      const { from, to, state } = this.#order
      this.#converter = createConverter({ from, to, state, columns: this.#findColumns() })
    }
    return this.#converter
  }

  /** A source without a byte was never scanned, and has none. */
  #findColumns(): string[] | undefined {
    const { from, to, columns } = this.#order
    if (columns || to !== 'csv' || from === 'csv') return columns
    return (this.#scanner ?? createColumnScanner({ from })).finish()
  }

  #keep(pieces: Uint8Array[]): void {
    for (const piece of pieces) {
      this.#checksum.update(piece)
      const known = Math.min(this.#known, piece.length)
      this.#known -= known
      if (known < piece.length) this.#copy(asBuffer(piece).subarray(known))
    }
  }

  /** The piece may be a view of what was read, and the next is read over it. */
  #copy(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#roomInLast === 0) {
        this.#held.push(this.#lent.take())
        this.#roomInLast = this.#held.at(-1)!.length
      }
      const block = this.#held.at(-1)!
      const copied = piece.copy(block, block.length - this.#roomInLast, at)
      at += copied
      this.#roomInLast -= copied
    }
    this.#heldBytes += piece.length
  }
}

/** So much is converted at a time: what it reads and writes stays in the processor's cache. */
const sliceBytes = 64 * 1024

export function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes)
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

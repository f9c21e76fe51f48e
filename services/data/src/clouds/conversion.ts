// The work of an export that needs the processor and no cloud: bytes of a source in, bytes of output and their checksum out.
import type { Compression, ExportFormat } from '@waybill/contracts'
import {
  type Converter,
  type ConverterState,
  createColumnScanner,
  createConverter,
  type SourceFormat,
} from '../formats/index.ts'
import { giveBack } from '../given-back.ts'
import { type Checksum, type ChecksumOrder, openChecksum } from './checksum.ts'
import { FilledBlocks } from './filled-blocks.ts'
import type { LentBuffers } from './lent-buffers.ts'
import { memberBytes, type Packer, packerOf } from './packing.ts'

export interface ConversionOrder {
  from: SourceFormat
  to: ExportFormat
  /** What the output is packed with. */
  compression?: Compression
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

/** Text becomes a fifth or less. */
const packedShare = 8

export class Conversion {
  readonly #order: ConversionOrder
  readonly #output: FilledBlocks
  /** Output that is still to be packed. */
  readonly #unpacked: FilledBlocks
  readonly #packer: Packer | undefined
  readonly #checksum: Checksum
  #scanner: ReturnType<typeof createColumnScanner> | undefined
  #converter: Converter | undefined
  #known: number
  #hasPacked = false

  private constructor(order: ConversionOrder, lent: LentBuffers, checksum: Checksum) {
    this.#order = order
    this.#output = new FilledBlocks(lent)
    this.#unpacked = new FilledBlocks(lent)
    this.#packer = order.compression && packerOf(order.compression)
    this.#checksum = checksum
    this.#known = order.known
  }

  static async begin(order: ConversionOrder, lent: LentBuffers): Promise<Conversion> {
    return new Conversion(order, lent, await openChecksum(order.checksum))
  }

  /** Bytes of output that are not handed over yet; what is not packed yet counts as the little that will become of it. */
  get heldBytes(): number {
    return this.#output.bytes + Math.floor(this.#unpacked.bytes / packedShare)
  }

  /** There is enough for a member: to be packed before more is converted. */
  get isPackingDue(): boolean {
    return this.#unpacked.bytes >= memberBytes
  }

  /** Ends a member with what was converted so far: to be called before it is handed over. For threads that nobody waits for. */
  packNow(): void {
    if (!this.#packer || this.#unpacked.bytes === 0) return
    const whole = this.#unpacked.takeWhole()
    this.#keepPacked(this.#packer.now(whole))
    giveBack(whole)
  }

  /** The same in the thread pool. Nothing else may be asked meanwhile. */
  async packLater(): Promise<void> {
    if (!this.#packer || this.#unpacked.bytes === 0) return
    const whole = this.#unpacked.takeWhole()
    this.#keepPacked(await this.#packer.later(whole))
    giveBack(whole)
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
    return { blocks: this.#output.take(), state: this.#begun().state, checksum: this.#checksum.save() }
  }

  /** The source has ended. */
  end(): void {
    this.#keep(this.#begun().finish())
  }

  /** Behind `end`: the rest, and the SHA-256 of all, in hex. */
  finish(): Converted & { sha256: string } {
    // A file without a byte is no packed file.
    const isEmpty = this.#order.state === undefined && !this.#hasPacked
    if (this.#packer && isEmpty) this.#keepPacked(this.#packer.now(new Uint8Array(0)))
    return { ...this.handOver(), sha256: this.#checksum.digest() }
  }

  close(): void {
    this.#output.giveBack()
    this.#unpacked.giveBack()
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
      if (this.#packer) {
        this.#unpacked.add(asBuffer(piece))
        continue
      }
      this.#checksum.update(piece)
      const known = Math.min(this.#known, piece.length)
      this.#known -= known
      if (known < piece.length) this.#output.add(asBuffer(piece).subarray(known))
    }
  }

  #keepPacked(member: Buffer): void {
    this.#hasPacked = true
    this.#checksum.update(member)
    this.#output.add(member)
    giveBack(member)
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

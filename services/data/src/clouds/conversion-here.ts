// Converts on the thread that answers HTTP, a little at a time: what is small is done before another thread had begun.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Conversion, type ConversionOrder, slices } from './conversion.ts'
import type { ConvertedChunk, Converting, Finished, SourceChunk } from './converting.ts'
import { LentBuffers } from './lent-buffers.ts'

/** What is converted waits in these, of all exports, until it is written. */
const blocks = new LentBuffers({ bytes: 256 * 1024, kept: 32 })

export class ConversionHere implements Converting {
  readonly #conversion: Conversion

  private constructor(conversion: Conversion) {
    this.#conversion = conversion
  }

  static async begin(order: ConversionOrder): Promise<Converting> {
    return new ConversionHere(await Conversion.begin(order, blocks))
  }

  async sum(bytes: Uint8Array): Promise<void> {
    this.#conversion.sum(bytes)
  }

  scan(bytes: Uint8Array): Promise<void> {
    return inTurns(bytes, slice => this.#conversion.scan(slice))
  }

  async convert({ bytes, cursor }: SourceChunk, handOverAt: number): Promise<ConvertedChunk | undefined> {
    await inTurns(bytes, slice => this.#conversion.convert(slice))
    const isDue = this.#conversion.heldBytes >= handOverAt
    if (isDue || this.#conversion.isPackingDue) await this.#conversion.packLater()
    return isDue ? { ...this.#conversion.handOver(), cursor } : undefined
  }

  async finish(): Promise<Finished> {
    this.#conversion.end()
    await this.#conversion.packLater()
    return this.#conversion.finish()
  }

  giveBack(given: Uint8Array[]): void {
    for (const block of given) blocks.giveBack(block)
  }

  close(): void {
    this.#conversion.close()
  }
}

/** Looks at the event loop between two slices: what else the process does must not wait longer. */
async function inTurns(bytes: Uint8Array, work: (slice: Uint8Array) => void): Promise<void> {
  let isFirst = true
  for (const slice of slices(bytes)) {
    if (!isFirst) await nextTurn()
    isFirst = false
    work(slice)
  }
}

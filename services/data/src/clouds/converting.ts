// A conversion as an export goes through it: a little at a time, so that what else its thread does need not wait for long.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import { Conversion, type ConversionOrder, type Converted, slices } from './conversion.ts'
import { LentBuffers } from './lent-buffers.ts'

export interface SourceChunk {
  bytes: Uint8Array
  /** Of the page behind this chunk; only for sources of pages, whose chunks end at a record's end. */
  cursor?: string | null
}

export interface ConvertedChunk extends Converted {
  /** Of the last chunk that it holds. */
  cursor?: string | null
}

export interface Finished extends Converted {
  /** Of all output, in hex. */
  sha256: string
}

/**
 * What is converted waits in these, of all exports, until it is written: where large ones are, as many as two parts of 5 MiB
 * that are on their way hold, and the one that is made meanwhile.
 */
const blocks = new LentBuffers({ bytes: 256 * 1024, kept: isMainThread ? 32 : 72 })

/** Calls do not overlap. They throw FormatError for a broken source. */
export class Converting {
  readonly #conversion: Conversion

  private constructor(conversion: Conversion) {
    this.#conversion = conversion
  }

  static async begin(order: ConversionOrder): Promise<Converting> {
    return new Converting(await Conversion.begin(order, blocks))
  }

  /** Counts output that was written earlier, for the checksum. The bytes are good again when it answers; so with the next two. */
  sum(bytes: Uint8Array): void {
    this.#conversion.sum(bytes)
  }

  /** Looks for the columns of CSV that is made of records. */
  scan(bytes: Uint8Array): Promise<void> {
    return inTurns(bytes, slice => this.#conversion.scan(slice))
  }

  /** Answers output once so many bytes are there, with the point of the source that it reaches to. */
  async convert({ bytes, cursor }: SourceChunk, handOverAt: number): Promise<ConvertedChunk | undefined> {
    await inTurns(bytes, slice => this.#conversion.convert(slice))
    const isDue = this.#conversion.heldBytes >= handOverAt
    if (isDue || this.#conversion.isPackingDue) await this.#pack()
    return isDue ? { ...this.#conversion.handOver(), cursor } : undefined
  }

  /** The source has ended: the rest. */
  async finish(): Promise<Finished> {
    this.#conversion.end()
    await this.#pack()
    return this.#conversion.finish()
  }

  /** The blocks of what was answered: they are written over. */
  giveBack(given: Uint8Array[]): void {
    for (const block of given) blocks.giveBack(block)
  }

  close(): void {
    this.#conversion.close()
  }

  /** A thread of exports does it itself, at its own low priority; where HTTP is answered a member would take too long. */
  async #pack(): Promise<void> {
    if (isMainThread) await this.#conversion.packLater()
    else this.#conversion.packNow()
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

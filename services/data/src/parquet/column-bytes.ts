// The bytes of a piece of a column as they are needed, read a window at a time.

import { giveBack } from '../given-back.ts'
import type { ParquetSource } from './footer.ts'

export class ColumnBytes {
  readonly #source: ParquetSource
  readonly #end: number
  readonly #windowBytes: number
  readonly #isKept: boolean
  #window: Uint8Array = new Uint8Array(0)
  #windowStart = 0

  /** @param options.isKept what was read is looked at also when more has been read; else it is given back then. */
  constructor(source: ParquetSource, end: number, { windowBytes, isKept }: { windowBytes: number; isKept: boolean }) {
    this.#source = source
    this.#end = end
    this.#windowBytes = windowBytes
    this.#isKept = isKept
  }

  /** From `start` on, `length` bytes, fewer before the end. Good until the next call, unless they are kept. */
  async read(start: number, length: number): Promise<Uint8Array> {
    const end = Math.min(start + length, this.#end)
    const windowEnd = this.#windowStart + this.#window.length
    if (start < this.#windowStart || end > windowEnd) await this.#readOn(start, end)
    return this.#window.subarray(start - this.#windowStart, end - this.#windowStart)
  }

  /** Keeps what it has of the wanted bytes already. */
  async #readOn(start: number, end: number): Promise<void> {
    const windowEnd = this.#windowStart + this.#window.length
    const isIn = start >= this.#windowStart && start < windowEnd
    const kept = isIn ? this.#window.subarray(start - this.#windowStart) : this.#window.subarray(0, 0)
    const from = start + kept.length
    const to = Math.min(Math.max(end, from + this.#windowBytes), this.#end)
    const read = await this.#source.read(from, to)
    this.#windowStart = start
    const before = this.#window
    this.#window = kept.length === 0 ? read : joined(kept, read)
    if (this.#isKept) return
    giveBack(before)
    if (kept.length > 0) giveBack(read)
  }

  close(): void {
    if (!this.#isKept) giveBack(this.#window)
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

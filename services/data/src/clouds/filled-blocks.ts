// Bytes gathered in lent blocks, all full but the last one.
import type { LentBuffers } from './lent-buffers.ts'

export class FilledBlocks {
  bytes = 0
  readonly #lent: LentBuffers
  #blocks: Buffer[] = []
  #roomInLast = 0

  constructor(lent: LentBuffers) {
    this.#lent = lent
  }

  /** Copies it: the piece may be a view of what was read, and the next is read over it. */
  add(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      if (this.#roomInLast === 0) {
        this.#blocks.push(this.#lent.take())
        this.#roomInLast = this.#blocks.at(-1)!.length
      }
      const block = this.#blocks.at(-1)!
      const copied = piece.copy(block, block.length - this.#roomInLast, at)
      at += copied
      this.#roomInLast -= copied
    }
    this.bytes += piece.length
  }

  /** The filled parts, in their order, to be given back by whoever takes them. */
  take(): Buffer[] {
    const last = this.#blocks.length - 1
    const filled = this.#blocks.map((block, at) =>
      at === last ? block.subarray(0, block.length - this.#roomInLast) : block,
    )
    this.#blocks = []
    this.bytes = this.#roomInLast = 0
    return filled
  }

  /** All that is filled as one piece of its own. */
  takeWhole(): Buffer {
    const filled = this.take()
    const whole = Buffer.concat(filled)
    for (const block of filled) this.#lent.giveBack(block)
    return whole
  }

  giveBack(): void {
    for (const block of this.#blocks) this.#lent.giveBack(block)
    this.#blocks = []
  }
}

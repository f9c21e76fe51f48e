// Large buffers that are used again: fresh ones cost the pages that the system clears for them, and a collection of garbage
// that comes late.

export class LentBuffers {
  readonly #bytes: number
  readonly #kept: number
  readonly #free: Buffer[] = []

  /** @param options.kept how many lie ready at most; the rest is left to the collector. */
  constructor(options: { bytes: number; kept: number }) {
    this.#bytes = options.bytes
    this.#kept = options.kept
  }

  /** Each has memory of its own, and so may be transferred to another thread. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)
  }

  /** The buffer, or a view of its beginning. Nobody may read or write it any more. */
  giveBack(buffer: Uint8Array): void {
    const { buffer: memory } = buffer
    if (memory.byteLength === this.#bytes && this.#free.length < this.#kept) this.#free.push(Buffer.from(memory))
  }
}

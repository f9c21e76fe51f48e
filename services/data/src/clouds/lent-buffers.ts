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

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)
  }

  /** Nobody may read or write it, or a view of it, any more. */
  giveBack(buffer: Buffer): void {
    if (buffer.length === this.#bytes && this.#free.length < this.#kept) this.#free.push(buffer)
  }
}

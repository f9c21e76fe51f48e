// The bytes of a source that have come and are not yet read, in one piece, so that a record which a chunk boundary cuts
// is read like any other.
import { COPY_SLACK } from './output-buffer.ts'

const SMALLEST = 4096
/** Behind the bytes: the NUL and what copyWords may read too far. */
const MARGIN = 1 + COPY_SLACK

export class Window {
  /** `bytes[end]` is a NUL, which ends every scan. */
  bytes: Buffer = Buffer.alloc(1)
  start = 0
  end = 0

  readonly #viewed: boolean
  /** Bytes were dropped that somebody may hold views of: these bytes must not be written over. */
  #spent = false

  /** @param options.viewed whether views of bytes that were read are handed on, so that they may never change. */
  constructor(options: { viewed: boolean }) {
    this.#viewed = options.viewed
  }

  get length(): number {
    return this.end - this.start
  }

  append(chunk: Buffer): void {
    if (chunk.length === 0) return
    const length = this.length + chunk.length
    if (this.#spent || this.end + chunk.length + MARGIN > this.bytes.length) this.#moveToFront(length + MARGIN)
    chunk.copy(this.bytes, this.end)
    this.end = this.start + length
    this.bytes[this.end] = 0
  }

  /** The bytes before `position` have been read. */
  dropTo(position: number): void {
    this.#spent ||= this.#viewed && position > this.start
    this.start = position
    if (position < this.end || this.#spent) return
    this.start = this.end = 0
    // A scan of the empty window must end here and not in what was read before.
    if (this.bytes.length > 0) this.bytes[0] = 0
  }

  #moveToFront(capacity: number): void {
    const { bytes, start, end } = this
    if (this.#spent) this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, SMALLEST))
    else if (capacity > bytes.length)
      this.bytes = Buffer.allocUnsafeSlow(Math.max(capacity, bytes.length * 2, SMALLEST))
    bytes.copy(this.bytes, 0, start, end)
    this.start = 0
    this.end = end - start
    this.#spent = false
  }
}

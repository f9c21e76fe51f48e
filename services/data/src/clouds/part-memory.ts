// Joins the pieces of a part, for clients that send nothing but whole buffers, in memory that is used again: a fresh buffer of
// some MiB for each part is garbage that costs a collection of all the rest.
import { asBuffer } from './conversion.ts'
import { bytesOf } from './upload.ts'

const mebibyte = 1024 * 1024

export class PartMemory {
  readonly #free: Buffer[] = []

  /**
   * `send` has the bytes until it answers. They are not used again where it fails or calls `spoil`: a try that came to nothing
   * may still be sending them when the next one has succeeded.
   */
  async lend<T>(pieces: Uint8Array[], send: (whole: Buffer, spoil: () => void) => Promise<T>): Promise<T> {
    const length = bytesOf(pieces)
    const memory = this.#take(length)
    let at = 0
    for (const piece of pieces) at += asBuffer(piece).copy(memory, at)
    let isSpoilt = false
    const answer = await send(memory.subarray(0, length), () => {
      isSpoilt = true
    })
    if (!isSpoilt) this.#free.push(memory)
    return answer
  }

  /** What is too small by now is left to the collector: parts only become larger. */
  #take(length: number): Buffer {
    const free = this.#free.pop()
    return free && free.length >= length ? free : Buffer.allocUnsafeSlow(Math.ceil(length / mebibyte) * mebibyte)
  }
}

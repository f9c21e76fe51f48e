// What is unpacked of a file at one time is counted, and bounded: a page of a kilobyte may unpack to a gigabyte.
import { ParquetTooLarge } from './parquet-error.ts'

export class MemoryBudget {
  readonly #bytes: number
  #held = 0

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** To be asked before anything is unpacked. */
  hold(bytes: number): void {
    this.#held += bytes
    if (this.#held <= this.#bytes) return
    const [most, wanted] = [this.#bytes, this.#held].map(size => Math.ceil(size / 1024 / 1024))
    throw new ParquetTooLarge(
      `its pages unpack to ${wanted} MiB or more at one place, and ${most} MiB are the most: write it with smaller pages or smaller row groups`,
    )
  }

  letGo(bytes: number): void {
    this.#held -= bytes
  }
}

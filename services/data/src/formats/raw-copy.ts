// Where source and output agree in format, records are handed on as the bytes that they are.
import type { CsvSink } from './csv-reader.ts'
import type { JsonSink } from './record-reader.ts'

/** More pieces than this are joined: each costs whoever writes them more than the copy. */
const MOST_PIECES = 8

export class RawCopy implements JsonSink, CsvSink {
  #bytes: Buffer = Buffer.alloc(0)
  #start = 0
  #end = 0
  #pieces: Buffer[] = []

  /** `bytes[start, end)` is a whole line or row. */
  write(bytes: Buffer, start: number, end: number): void {
    if (start !== this.#end || bytes !== this.#bytes) {
      this.#cut()
      this.#bytes = bytes
      this.#start = start
    }
    this.#end = end
  }

  writeHeader(bytes: Buffer, start: number, end: number): void {
    this.write(bytes, start, end)
  }

  writeRow(bytes: Buffer, start: number, end: number): void {
    this.write(bytes, start, end)
  }

  setColumns(): void {}

  /** The lines since the last call, in few pieces, which may be views of the bytes that were written. */
  take(): Uint8Array[] {
    this.#cut()
    const pieces = this.#pieces
    this.#pieces = []
    this.#bytes = Buffer.alloc(0)
    this.#start = this.#end = 0
    return pieces.length > MOST_PIECES ? [Buffer.concat(pieces)] : pieces
  }

  #cut(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#bytes.subarray(this.#start, this.#end))
  }
}

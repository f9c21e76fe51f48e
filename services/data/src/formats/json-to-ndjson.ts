// Writes the elements of a JSON array as NDJSON, a line each, every value as it was written.
import { copyCompact } from './json-compaction.ts'
import type { JsonScanner } from './json-scanner.ts'
import { OutputBuffer, ViewOf } from './output-buffer.ts'
import type { JsonSink } from './record-reader.ts'

const NEWLINE = 0x0a

export class JsonToNdjson implements JsonSink {
  readonly #scanner: JsonScanner
  readonly #output = new OutputBuffer()
  readonly #viewOf = new ViewOf()

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner
  }

  write(bytes: Buffer, start: number, end: number): void {
    const output = this.#output
    output.room(end - start + 1)
    if (this.#scanner.spaced) output.at = copyCompact(output.bytes, output.at, bytes, start, end)
    else output.copy(bytes, this.#viewOf.get(bytes), start, end)
    output.bytes[output.at++] = NEWLINE
  }

  take(): Uint8Array[] {
    return this.#output.take()
  }
}

// Records as JSON text in bytes: values go from the pages of a file into it without becoming strings on the way.
import { isUtf8 } from 'node:buffer'
import { ParquetError } from './parquet-error.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
/** Longer texts take the way over a string: the room for one whose every byte is escaped would be six times its length. */
const longText = 64 * 1024

export class JsonOutput {
  #bytes: Buffer
  #at = 0

  constructor(firstBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(firstBytes)
  }

  get length(): number {
    return this.#at
  }

  byte(byte: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = byte
  }

  /** Bytes that are JSON already. */
  raw(json: Uint8Array): void {
    this.copy(json, 0, json.length)
  }

  copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start
    this.#room(length)
    if (length > 32) this.#bytes.set(source.subarray(start, end), this.#at)
    else for (let offset = 0; offset < length; offset++) this.#bytes[this.#at + offset] = source[start + offset]!
    this.#at += length
  }

  /** Text that is JSON already, all of it ASCII. */
  ascii(json: string): void {
    this.#room(json.length)
    if (json.length > 16) this.#at += this.#bytes.write(json, this.#at, 'latin1')
    else for (let at = 0; at < json.length; at++) this.#bytes[this.#at++] = json.charCodeAt(at)
  }

  /** The JSON string of the UTF-8 text in `source[start, end)`. */
  text(source: Uint8Array, start: number, end: number): void {
    if (end - start > longText) this.#longText(source.subarray(start, end))
    else this.#shortText(source, start, end)
  }

  #shortText(source: Uint8Array, start: number, end: number): void {
    this.#room((end - start) * 6 + 2)
    const target = this.#bytes
    let to = this.#at
    let seen = 0
    target[to++] = QUOTE
    for (let at = start; at < end; at++) {
      const byte = source[at]!
      seen |= byte
      if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) target[to++] = byte
      else to = escaped(target, to, byte)
    }
    target[to++] = QUOTE
    if (seen & 0x80) assertText(source.subarray(start, end))
    this.#at = to
  }

  #longText(text: Uint8Array): void {
    assertText(text)
    this.raw(Buffer.from(JSON.stringify(Buffer.from(text.buffer, text.byteOffset, text.length).toString('utf8'))))
  }

  /** Puts what was written from `start` on, a number or a word, in quotes, unless it is a text already. */
  quoteFrom(start: number): void {
    if (this.#bytes[start] === QUOTE) return
    this.#room(2)
    this.#bytes.copyWithin(start + 1, start, this.#at)
    this.#bytes[start] = QUOTE
    this.#bytes[this.#at + 1] = QUOTE
    this.#at += 2
  }

  /** What was written, in memory of its own; the output is empty again. */
  take(): Buffer {
    const taken = Buffer.allocUnsafeSlow(this.#at)
    this.#bytes.copy(taken, 0, 0, this.#at)
    this.#at = 0
    return taken
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const more = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(more, 0, 0, this.#at)
    this.#bytes = more
  }
}

function assertText(text: Uint8Array): void {
  if (!isUtf8(text)) throw new ParquetError('a text is not UTF-8')
}

const shortEscapes = new Map([
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
])

function escaped(target: Buffer, to: number, byte: number): number {
  const short = shortEscapes.get(byte)
  const text = short === undefined ? `\\u00${byte.toString(16).padStart(2, '0')}` : `\\${short}`
  return to + target.write(text, to, 'latin1')
}

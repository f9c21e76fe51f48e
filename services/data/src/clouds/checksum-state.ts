// Where a SHA-256 stands behind some bytes (FIPS 180-4), and how that is written down: the same whatever makes the sum, so that
// a process goes on with what any other has saved.

export interface ChecksumState {
  /** The hash value of the whole blocks so far: eight words. */
  words: readonly number[]
  /** Bytes so far. */
  length: bigint
  /** Those behind the last whole block. */
  pending: Uint8Array
}

export const blockBytes = 64
const wordCount = 8
/** The words and the length, big-endian as FIPS 180-4 has them; behind them the pending bytes. */
const headBytes = wordCount * 4 + 8

export function writeState({ words, length, pending }: ChecksumState): string {
  const written = Buffer.alloc(headBytes + pending.length)
  for (const [at, word] of words.entries()) written.writeUInt32BE(word, at * 4)
  written.writeBigUInt64BE(length, wordCount * 4)
  written.set(pending, headBytes)
  return written.toString('base64')
}

/** undefined where it is no such state. */
export function readState(text: string): ChecksumState | undefined {
  const written = Buffer.from(text, 'base64')
  if (isOfHashWasm(written)) return readHashWasm(written)
  if (written.length < headBytes) return undefined
  const words = Array.from({ length: wordCount }, (_, at) => written.readUInt32BE(at * 4))
  const length = written.readBigUInt64BE(wordCount * 4)
  const pending = written.subarray(headBytes)
  return pending.length === pendingOf(length) ? { words, length, pending } : undefined
}

export function pendingOf(length: bigint): number {
  return Number(length % BigInt(blockBytes))
}

// As hash-wasm's `save` gives it: a mark of the library's machine code, the pending block, the length, the words, the length of a digest.
const layout = { mark: 0, block: 4, length: 68, words: 76, bytes: 116 }
/** Of 4.13. Checkpoints from before states were written in a form of our own hold its state as it is. */
const knownMark = 0x8ed695a3

function isOfHashWasm(saved: Buffer): boolean {
  return saved.length === layout.bytes && saved.readUInt32BE(layout.mark) === knownMark
}

export function readHashWasm(saved: Buffer): ChecksumState {
  const words = Array.from({ length: wordCount }, (_, at) => saved.readUInt32LE(layout.words + at * 4))
  const length = saved.readBigUInt64LE(layout.length)
  return { words, length, pending: saved.subarray(layout.block, layout.block + pendingOf(length)) }
}

/** @param fresh what the library saved behind no byte; it becomes the answer. */
export function intoHashWasm(fresh: Buffer, { words, length, pending }: ChecksumState): Buffer {
  for (const [at, word] of words.entries()) fresh.writeUInt32LE(word, layout.words + at * 4)
  fresh.writeBigUInt64LE(length, layout.length)
  fresh.set(pending, layout.block)
  return fresh
}

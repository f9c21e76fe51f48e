// SHA-256 by the OpenSSL that stands in the executable of Node.js: as quick as node:crypto, since it is the same code, and with a
// state that can be saved. Node.js gives it to machine code alone, so koffi calls it.
import { createHash } from 'node:crypto'
import type { Checksum } from './checksum.ts'
import { blockBytes, type ChecksumState, pendingOf, readState, writeState } from './checksum-state.ts'

interface Functions {
  init(context: Uint8Array): number
  update(context: Uint8Array, bytes: Uint8Array, length: number): number
  final(digest: Uint8Array, context: Uint8Array): number
}

/** SHA256_CTX of openssl/sha.h, in words of the processor: hash value, bits so far (low, high), pending block, bytes in it, length of a digest. */
const layout = { hash: 0, bits: 8, block: 10, pending: 26 }
/** It takes 28 words. */
const contextWords = 32
const digestBytes = 32
const bitsOfByte = 8n
const bitsOfWord = 32n

let functions: Promise<Functions | undefined> | undefined

/** undefined where this process has no such functions, or they do not do what they should; `saved` only where `readState` can read it. */
export async function openOpensslChecksum(saved: ChecksumState | undefined): Promise<Checksum | undefined> {
  functions ??= findFunctions()
  const found = await functions
  return found && checksumBy(found, saved)
}

/** koffi is not installed everywhere, Node.js may be built without these names, and a later OpenSSL may lay its context out anew. */
async function findFunctions(): Promise<Functions | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    // Of the process itself.
    const library = koffi.load(null)
    const found: Functions = {
      init: library.func('int SHA256_Init(_Inout_ uint8_t *context)'),
      update: library.func('int SHA256_Update(_Inout_ uint8_t *context, const uint8_t *bytes, size_t length)'),
      final: library.func('int SHA256_Final(_Out_ uint8_t *digest, _Inout_ uint8_t *context)'),
    }
    return isRight(found) ? found : undefined
  } catch {
    return undefined
  }
}

/** Sums up a few blocks, saves and goes on in the middle of one, and asks node:crypto. */
function isRight(found: Functions): boolean {
  const bytes = Uint8Array.from({ length: 1_000 }, (_, at) => at % 251)
  const middle = 300
  const first = checksumBy(found, undefined)
  first.update(bytes.subarray(0, middle))
  const state = readState(first.save()!)
  if (state?.length !== BigInt(middle)) return false
  const second = checksumBy(found, state)
  second.update(bytes.subarray(middle))
  return second.digest() === createHash('sha256').update(bytes).digest('hex')
}

function checksumBy({ init, update, final }: Functions, saved: ChecksumState | undefined): Checksum {
  const words = new Uint32Array(contextWords)
  const context = new Uint8Array(words.buffer)
  init(context)
  if (saved) restore(words, saved)
  return {
    update: bytes => void update(context, bytes, bytes.length),
    save: () => writeState(stateOf(words)),
    digest: () => {
      const digest = Buffer.alloc(digestBytes)
      final(digest, context)
      return digest.toString('hex')
    },
  }
}

function stateOf(words: Uint32Array<ArrayBuffer>): ChecksumState {
  const bits = (BigInt(words[layout.bits + 1]!) << bitsOfWord) | BigInt(words[layout.bits]!)
  const length = bits / bitsOfByte
  return {
    words: Array.from(words.subarray(layout.hash, layout.bits)),
    length,
    pending: new Uint8Array(words.buffer, layout.block * 4, pendingOf(length)).slice(),
  }
}

function restore(words: Uint32Array<ArrayBuffer>, { words: hash, length, pending }: ChecksumState): void {
  const bits = length * bitsOfByte
  words.set(hash, layout.hash)
  words[layout.bits] = Number(BigInt.asUintN(Number(bitsOfWord), bits))
  words[layout.bits + 1] = Number(bits >> bitsOfWord)
  new Uint8Array(words.buffer, layout.block * 4, blockBytes).set(pending)
  words[layout.pending] = pending.length
}

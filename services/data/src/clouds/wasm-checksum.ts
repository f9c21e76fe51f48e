// SHA-256 in WebAssembly: runs everywhere, and takes seven times the processor of one that has the processor's own instructions.
import { createSHA256 } from 'hash-wasm'
import type { Checksum } from './checksum.ts'
import { type ChecksumState, intoHashWasm, readHashWasm, writeState } from './checksum-state.ts'

export async function openWasmChecksum(saved: ChecksumState | undefined): Promise<Checksum> {
  const hasher = await createSHA256()
  if (saved) hasher.load(intoHashWasm(Buffer.from(hasher.save()), saved))
  return {
    update: bytes => void hasher.update(bytes),
    save: () => writeState(readHashWasm(Buffer.from(hasher.save()))),
    digest: () => hasher.digest('hex'),
  }
}

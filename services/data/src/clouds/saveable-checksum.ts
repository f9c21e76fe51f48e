// A SHA-256 whose state can be saved, and gone on with by another process. Loaded where one is needed: most processes need none.
import type { Checksum } from './checksum.ts'
import { readState } from './checksum-state.ts'
import { openOpensslChecksum } from './openssl-checksum.ts'

/** `saved` is what an earlier one saved; only where `isUsable` of checksum.ts says so. */
export async function openSaveableChecksum(saved: string | undefined): Promise<Checksum> {
  const state = saved === undefined ? undefined : readState(saved)
  const quick = await openOpensslChecksum(state)
  if (quick) return quick
  const { openWasmChecksum } = await import('./wasm-checksum.ts')
  return openWasmChecksum(state)
}

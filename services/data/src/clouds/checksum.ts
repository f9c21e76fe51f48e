// The SHA-256 of what an export writes (FIPS 180-4), made as quickly as can be, or so that another process can go on with it.
import { createHash } from 'node:crypto'
import { readState } from './checksum-state.ts'

export interface Checksum {
  update(bytes: Uint8Array): void
  /** All that another process needs to go on behind the bytes so far, as base64; undefined where it is not saveable. */
  save(): string | undefined
  /** Of all bytes, in hex. Nothing may be called after it. */
  digest(): string
}

export interface ChecksumOrder {
  /** node:crypto gives its state to nobody; where there is no OpenSSL to be called, it costs seven times the processor. */
  saveable: boolean
  /** What an earlier run saved; only where `isUsable` says so. */
  saved?: string
}

export async function openChecksum({ saveable, saved }: ChecksumOrder): Promise<Checksum> {
  if (!saveable) return quickChecksum()
  const { openSaveableChecksum } = await import('./saveable-checksum.ts')
  return openSaveableChecksum(saved)
}

/** Whether this process can go on with what another one has saved. */
export function isUsable(saved: string | undefined): boolean {
  return saved !== undefined && readState(saved) !== undefined
}

function quickChecksum(): Checksum {
  const hash = createHash('sha256')
  return {
    update: bytes => void hash.update(bytes),
    save: () => undefined,
    digest: () => hash.digest('hex'),
  }
}

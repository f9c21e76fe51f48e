// A SHA-256 whose state can be saved, and gone on with by another process. Loaded where one is needed: most processes need none.
import { createSHA256 } from 'hash-wasm'
import type { Checksum } from './checksum.ts'

/** `saved` is what an earlier one saved; only where `isUsable` of checksum.ts says so. */
export async function openSaveableChecksum(saved: string | undefined): Promise<Checksum> {
  const hasher = await createSHA256()
  if (saved !== undefined) hasher.load(Buffer.from(saved, 'base64'))
  return {
    update: bytes => void hasher.update(bytes),
    save: () => Buffer.from(hasher.save()).toString('base64'),
    digest: () => hasher.digest('hex'),
  }
}

/** A state bears the mark of the build of the library that made it, and is understood by no other (its `load`). */
export async function canGoOnWith(saved: string): Promise<boolean> {
  const hasher = await createSHA256()
  try {
    hasher.load(Buffer.from(saved, 'base64'))
    return true
  } catch {
    return false
  }
}

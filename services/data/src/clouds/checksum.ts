// The SHA-256 of what an export writes (FIPS 180-4), made as quickly as can be, or so that another process can go on with it.
import { createHash } from 'node:crypto'

export interface Checksum {
  update(bytes: Uint8Array): void
  /** All that another process needs to go on behind the bytes so far, as base64; undefined where it is not saveable. */
  save(): string | undefined
  /** Of all bytes, in hex. Nothing may be called after it. */
  digest(): string
}

export interface ChecksumOrder {
  /** It costs five times the processor: node:crypto gives its state to nobody. */
  saveable: boolean
  /** What an earlier run saved; only where canGoOnWith says so. */
  saved?: string
}

export async function openChecksum({ saveable, saved }: ChecksumOrder): Promise<Checksum> {
  if (!saveable) return new QuickChecksum()
  const hasher = await createHasher()
  if (saved !== undefined) hasher.load(Buffer.from(saved, 'base64'))
  return {
    update: bytes => void hasher.update(bytes),
    save: () => Buffer.from(hasher.save()).toString('base64'),
    digest: () => hasher.digest('hex'),
  }
}

/** A state is understood by the build of the library that made it, whose mark it bears (IHasher.load of hash-wasm). */
export async function canGoOnWith(saved: string | undefined): Promise<boolean> {
  if (saved === undefined) return false
  const hasher = await createHasher()
  try {
    hasher.load(Buffer.from(saved, 'base64'))
    return true
  } catch {
    return false
  }
}

class QuickChecksum implements Checksum {
  readonly #hash = createHash('sha256')

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  save(): undefined {
    return undefined
  }

  digest(): string {
    return this.#hash.digest('hex')
  }
}

/** Loaded where the first one is needed: most processes never do. */
async function createHasher() {
  const { createSHA256 } = await import('hash-wasm')
  return createSHA256()
}

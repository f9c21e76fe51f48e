// How much of a delivery is written so far, while somebody else writes it and gives its files other names.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes; 0 where there is no file, or no folder. */
export async function largestFileIn(folder: string): Promise<number> {
  for (;;) {
    const names = await readdir(folder).catch(() => [])
    const sizes = await Promise.all(names.map(name => sizeOf(join(folder, name))))
    // A run that goes on gives the file a name of its own: one that is gone has another name now, and is no smaller for it.
    if (sizes.every(size => size !== undefined)) return Math.max(0, ...sizes)
  }
}

function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
}

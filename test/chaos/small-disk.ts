// A disk of its own for exports, in memory, that can be made full: a file system that refuses is not to be had otherwise.
import { execFile } from 'node:child_process'
import { mkdir, statfs } from 'node:fs/promises'
import { promisify } from 'node:util'
import { noteMount } from './left-behind.ts'

const run = promisify(execFile)
const roomy = '4g'
/** What is left of a full disk: too little for any export. */
const scrapBytes = 16 * 1024

export interface SmallDisk {
  /** Takes all free space away. */
  fill(): Promise<void>
  empty(): Promise<void>
  remove(): Promise<void>
}

/** Undefined where we may not mount anything. */
export async function mountSmallDisk(folder: string): Promise<SmallDisk | undefined> {
  await mkdir(folder, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${roomy},mode=700`, 'waybill-chaos', folder])
  } catch {
    return undefined
  }
  noteMount(folder)
  const resize = (size: string) => run('mount', ['-o', `remount,size=${size}`, folder])
  return {
    async fill() {
      // What is written meanwhile makes the size too small to be taken: look again.
      for (let tries = 0; ; tries++) {
        const { blocks, bfree, bsize } = await statfs(folder)
        try {
          await resize(String((blocks - bfree) * bsize + scrapBytes))
          return
        } catch (error) {
          if (tries === 50) throw error
        }
      }
    },
    empty: async () => {
      await resize(roomy)
    },
    remove: async () => {
      await run('umount', ['--lazy', folder])
    },
  }
}

// Reads what is packed in a gzip file. It has no places to go to: whoever wants the middle reads from the beginning on.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { SourceBroken } from './cloud-error.ts'

const chunkBytes = 128 * 1024

/**
 * The unpacked bytes (RFC 1952, members one after the other included) from the byte `from` on, unpacked by the thread pool.
 * `packed` are the file's bytes from its beginning. Throws SourceBroken, naming the file, where they are no whole gzip file.
 */
export async function* unpackGzip(
  fileName: string,
  packed: AsyncIterable<Uint8Array>,
  from: number,
): AsyncIterable<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: chunkBytes })
  const feeding = pipeline(Readable.from(packed, { objectMode: false }), gunzip)
  // What goes wrong there comes out of the loop below, too.
  feeding.catch(() => {})
  let skipped = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const skip = Math.min(from - skipped, chunk.length)
      skipped += skip
      if (skip < chunk.length) yield chunk.subarray(skip)
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith('Z_'))
      throw new SourceBroken(`${fileName} is no whole gzip file: ${message}`, { cause: error })
    throw error
  } finally {
    gunzip.destroy()
    await feeding.catch(() => {})
  }
}

// What is packed in a file, as any program finds it that follows the specifications and knows nothing of ours.
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Compression } from '@waybill/contracts'

export function unpacked(compression: Compression, packed: Uint8Array): Buffer {
  if (compression === 'gzip') return gunzipSync(packed)
  const frames: Buffer[] = []
  // Node.js stops behind the first frame and does not say so.
  for (let at = 0; at < packed.length; ) {
    const frame = packed.subarray(at)
    const { buffer, engine } = zstdDecompressSync(frame, { info: true }) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    frames.push(buffer)
    at += engine.bytesWritten
  }
  return Buffer.concat(frames)
}

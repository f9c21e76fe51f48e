// Packs what is delivered, a member at a time: members of gzip and frames of Zstandard that stand one behind the other are a
// whole file (RFC 1952 2.2, RFC 8878 3.1), so an export goes on behind any of them and each can be unpacked by itself.
import { promisify } from 'node:util'
import { constants, gzip, gzipSync, type ZstdOptions, zstdCompress, zstdCompressSync } from 'node:zlib'
import type { Compression } from '@waybill/contracts'
import { giveBack } from '../given-back.ts'

/** Each packs its bytes as one member. */
export interface Packer {
  /** On this thread. */
  now(bytes: Uint8Array): Buffer
  /** In the thread pool. */
  later(bytes: Uint8Array): Promise<Buffer>
}

export const packedTypes: Record<Compression, string> = { gzip: 'application/gzip', zstd: 'application/zstd' }

/** One member is made of about so much: less costs room, more costs whoever wants something out of the middle. */
export const memberBytes = 1024 * 1024

const chunkSize = 128 * 1024
const gzipOptions = { level: 1, chunkSize }
const zstdLevel = 3
const [gzipLater, zstdLater] = [promisify(gzip), promisify(zstdCompress)]

export function packerOf(compression: Compression): Packer {
  if (compression === 'zstd') {
    return {
      now: bytes => zstdCompressSync(bytes, zstdOptionsFor(bytes)),
      later: bytes => zstdLater(bytes, zstdOptionsFor(bytes)),
    }
  }
  return {
    now: bytes => withLength(gzipSync(bytes, gzipOptions)),
    later: async bytes => withLength(await gzipLater(bytes, gzipOptions)),
  }
}

/** With its length in the head of the frame, and a checksum behind it as gzip has one. */
function zstdOptionsFor({ length }: Uint8Array): ZstdOptions {
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = constants
  return {
    chunkSize,
    pledgedSrcSize: length,
    params: { [ZSTD_c_compressionLevel]: zstdLevel, [ZSTD_c_checksumFlag]: 1 },
  }
}

/** Of a gzip member as zlib writes it, without an extra field. */
const gzipHeadBytes = 10
const flagsAt = 3
const hasExtraField = 4
/** Length of the extra field, our mark, length of what it says, and that: the length of the whole member (RFC 1952 2.3.1.1). */
const extraBytes = 2 + 2 + 2 + 4
const mark = 'WB'

/** Says in its head how long the member is, which gzip does not: so the next one is found without unpacking this one. */
function withLength(member: Buffer): Buffer {
  const written = Buffer.allocUnsafe(member.length + extraBytes)
  member.copy(written, 0, 0, gzipHeadBytes)
  written[flagsAt] = hasExtraField
  const at = written.writeUInt16LE(extraBytes - 2, gzipHeadBytes)
  written.write(mark, at, 'latin1')
  written.writeUInt16LE(4, at + 2)
  written.writeUInt32LE(written.length, at + 4)
  member.copy(written, gzipHeadBytes + extraBytes, gzipHeadBytes)
  giveBack(member)
  return written
}

/** How long the member is that these bytes begin with; undefined where they are too few to tell, 'broken' where it is none of ours. */
export function lengthOfMember(compression: Compression, bytes: Buffer): number | undefined | 'broken' {
  return compression === 'gzip' ? lengthOfGzip(bytes) : lengthOfZstd(bytes)
}

function lengthOfGzip(bytes: Buffer): number | undefined | 'broken' {
  const at = gzipHeadBytes + 2
  if (bytes.length < gzipHeadBytes + extraBytes) return undefined
  const isOurs =
    bytes.readUInt16BE(0) === 0x1f8b &&
    bytes[flagsAt] === hasExtraField &&
    bytes.toString('latin1', at, at + 2) === mark
  return isOurs ? bytes.readUInt32LE(at + 4) : 'broken'
}

const zstdMagic = 0xfd2fb528
/** By the flags in a frame's descriptor (RFC 8878 3.1.1.1.1). */
const dictionaryBytes = [0, 1, 2, 4]
const contentSizeBytes = [0, 2, 4, 8]

/** Goes from block to block (RFC 8878 3.1.1). */
function lengthOfZstd(bytes: Buffer): number | undefined | 'broken' {
  if (bytes.length < 5) return undefined
  if (bytes.readUInt32LE(0) !== zstdMagic) return 'broken'
  const descriptor = bytes[4]!
  const isSingleSegment = (descriptor & 0x20) !== 0
  const ofContentSize = descriptor >> 6 === 0 && isSingleSegment ? 1 : contentSizeBytes[descriptor >> 6]!
  let at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes[descriptor & 3]! + ofContentSize
  for (let isLast = false; !isLast; ) {
    if (bytes.length < at + 3) return undefined
    const block = bytes.readUIntLE(at, 3)
    isLast = (block & 1) === 1
    const isRepeated = ((block >> 1) & 3) === 1
    at += 3 + (isRepeated ? 1 : block >> 3)
  }
  return at + ((descriptor & 4) === 0 ? 0 : 4)
}

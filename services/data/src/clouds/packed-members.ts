// Reads a delivery that we have packed, member by member: whole, or from a member on that is known to begin somewhere.
import { promisify } from 'node:util'
import { gunzip, zstdDecompress } from 'node:zlib'
import type { Compression } from '@waybill/contracts'
import { SourceBroken } from './cloud-error.ts'
import { asBuffer } from './conversion.ts'
import { lengthOfMember } from './packing.ts'

const unpack = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) }

/** A member has a MiB and what becomes of a slice of a source at most: what has more is damaged, or none of ours. */
const longestMember = 64 * 1024 * 1024
const mostUnpacked = 256 * 1024 * 1024

/** Where a member begins: in the file, and in what is packed in it. */
export interface MemberPlace {
  packed: number
  unpacked: number
}

export interface Member extends MemberPlace {
  bytes: Buffer
  /** Where the next one begins. */
  next: MemberPlace
}

export interface PackedFile {
  /** For messages: `airports.ndjson.gz`. */
  name: string
  compression: Compression
  /** The bytes of the file from there to its end. */
  read(from: number): AsyncIterable<Uint8Array>
}

export const firstMember: MemberPlace = { packed: 0, unpacked: 0 }

/** Each is unpacked in the thread pool. Throws SourceBroken, naming the file, where it is not what we have written. */
export async function* readMembers(file: PackedFile, from: MemberPlace): AsyncIterable<Member> {
  let place = from
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let wanted = 1
  for await (const chunk of file.read(from.packed)) {
    pending.push(chunk)
    pendingBytes += chunk.length
    while (pendingBytes >= wanted) {
      const bytes = pending.length === 1 ? asBuffer(pending[0]!) : Buffer.concat(pending)
      pending = [bytes]
      const length = lengthOfMember(file.compression, bytes)
      if (length === 'broken' || (length ?? bytes.length) > longestMember) throw broken(file, place)
      wanted = length ?? bytes.length + 1
      if (length === undefined || bytes.length < length) break
      const unpacked = await unpackMember(file, place, bytes.subarray(0, length))
      const next = { packed: place.packed + length, unpacked: place.unpacked + unpacked.length }
      yield { ...place, bytes: unpacked, next }
      place = next
      pending = [bytes.subarray(length)]
      pendingBytes -= length
      wanted = 1
    }
  }
  if (pendingBytes > 0) throw broken(file, place)
}

export async function* unpackFile(file: PackedFile): AsyncIterable<Uint8Array> {
  for await (const { bytes } of readMembers(file, firstMember)) if (bytes.length > 0) yield bytes
}

async function unpackMember(file: PackedFile, place: MemberPlace, bytes: Buffer): Promise<Buffer> {
  try {
    return await unpack[file.compression](bytes, { maxOutputLength: mostUnpacked })
  } catch (error) {
    throw broken(file, place, error)
  }
}

function broken({ name, compression }: PackedFile, { packed }: MemberPlace, cause?: unknown): SourceBroken {
  return new SourceBroken(`${name} is damaged: at byte ${packed} there is no whole ${compression} member of ours`, {
    cause,
  })
}

/** Its unpacked bytes by their offset, for pages: the member that was unpacked last is kept until the next one. */
export class PackedPages {
  readonly #file: PackedFile
  /** In their order. */
  readonly #known: MemberPlace[]
  #last: Member | undefined

  /** @param known where the member begins that the first bytes to be read lie in, or one before it. */
  constructor(file: PackedFile, known: MemberPlace | undefined) {
    this.#file = file
    this.#known = known ? [firstMember, known] : [firstMember]
  }

  /** Both inclusive; fewer bytes where there are no more. */
  async *read(start: number, end: number): AsyncIterable<Uint8Array> {
    let from = this.memberAt(start)
    if (this.#last?.packed === from.packed) {
      yield* part(this.#last, start, end)
      from = this.#last.next
    }
    if (from.unpacked > end) return
    for await (const member of readMembers(this.#file, from)) {
      this.#keep(member)
      yield* part(member, start, end)
      if (member.next.unpacked > end) return
    }
  }

  /** The last place known at or before an unpacked byte. */
  memberAt(offset: number): MemberPlace {
    return this.#known.findLast(({ unpacked }) => unpacked <= offset)!
  }

  #keep(member: Member): void {
    this.#last = member
    const at = this.#known.findLastIndex(({ packed }) => packed <= member.packed)
    if (this.#known[at]!.packed === member.packed) return
    this.#known.splice(at + 1, 0, { packed: member.packed, unpacked: member.unpacked })
  }
}

function* part({ unpacked, bytes }: Member, start: number, end: number): Iterable<Uint8Array> {
  const piece = bytes.subarray(Math.max(start - unpacked, 0), Math.max(end + 1 - unpacked, 0))
  if (piece.length > 0) yield piece
}

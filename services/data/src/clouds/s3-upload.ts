// Writes an object of S3: a multipart upload, or one put where it is too small for parts.
import { crc32 } from 'node:zlib'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { UploadLost } from './cloud-error.ts'
import type { GuardedCalls } from './guarded-calls.ts'
import { sendPart } from './part-body.ts'
import { isNamed } from './s3-failures.ts'
import { bytesOf, type Part, type Upload } from './upload.ts'

/** "Amazon S3 multipart upload limits": 5 MiB a part but for the last one, 10,000 parts. */
const smallestPartBytes = 5 * 1024 * 1024
/** After so many parts they become twice as large: 10,000 of them hold the 5 TiB that an object may have. */
const partsOfOneSize = 1_000

/** Where to, and how. */
export interface S3Uploads {
  client: S3Client
  calls: GuardedCalls
  object: { Bucket: string; Key: string }
  contentType: string
  /** Aborts the unfinished uploads of this object but for one: those of runs that crashed before they could remember them. */
  abortOthers(uploadId: string): Promise<void>
}

interface UploadState {
  id: string
  /** ETags, of part 1 first. */
  parts: string[]
}

export class S3Upload implements Upload {
  readonly partsAtOnce = 2
  readonly #to: S3Uploads
  #id: Promise<string> | undefined
  /** Of parts that are stored, by their numbers; others may still be under way. */
  readonly #etags: string[]
  readonly #earlier: number
  #parts: number
  /** In parts. */
  #bytes: number
  /** All that there is, as long as it is too small for a part. */
  #small: Buffer = Buffer.alloc(0)

  constructor(to: S3Uploads, state?: UploadState, bytes = 0) {
    this.#to = to
    this.#id = state && Promise.resolve(state.id)
    this.#etags = state ? [...state.parts] : []
    this.#earlier = this.#parts = this.#etags.length
    this.#bytes = bytes
  }

  /** Parts that were written behind `state` are written over, or left out when the upload is completed. */
  static resume(to: S3Uploads, state: unknown, bytes: number): S3Upload {
    const { id, parts } = (state ?? {}) as Partial<UploadState>
    if (typeof id !== 'string' || !Array.isArray(parts)) throw new UploadLost('the checkpoint names no upload')
    return new S3Upload(to, { id, parts }, bytes)
  }

  get leastPartBytes(): number {
    return smallestPartBytes * 2 ** Math.floor(this.#parts / partsOfOneSize)
  }

  async append(part: Part): Promise<void> {
    const length = bytesOf(part.pieces)
    if (!this.#id && length < smallestPartBytes) {
      this.#small = Buffer.concat(part.pieces)
      part.release()
      return
    }
    this.#id ??= this.#create()
    const at = this.#parts++
    const UploadId = await this.#id
    await sendPart(part, async ({ open, spoil }) => {
      const checksum = await this.#checksumOf(part.pieces)
      const put = (abortSignal: AbortSignal) => {
        const input = {
          ...this.#to.object,
          UploadId,
          PartNumber: at + 1,
          Body: open(),
          ContentLength: length,
          ...checksum,
        }
        return this.#to.client.send(new UploadPartCommand(input), { abortSignal })
      }
      this.#etags[at] = (await this.#callWithBody(put, spoil)).ETag!
    })
    this.#bytes += length
  }

  /** What the SDK would make of a body that it has as a whole; of a stream it knows it only behind the last byte. */
  async #checksumOf(pieces: Uint8Array[]): Promise<{ ChecksumCRC32?: string }> {
    if ((await this.#to.client.config.requestChecksumCalculation()) !== 'WHEN_SUPPORTED') return {}
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(pieces.reduce((before, piece) => crc32(piece, before), 0))
    return { ChecksumCRC32: sum.toString('base64') }
  }

  async settle(parts: number): Promise<UploadState | null> {
    return this.#id ? { id: await this.#id, parts: this.#etags.slice(0, this.#earlier + parts) } : null
  }

  async complete(): Promise<void> {
    const { client, object, contentType, abortOthers } = this.#to
    if (!this.#id) {
      const put = { ...object, ContentType: contentType, Body: this.#small }
      await this.#callWithBody(abortSignal => client.send(new PutObjectCommand(put), { abortSignal }))
      return
    }
    const id = await this.#id
    await abortOthers(id)
    const Parts = this.#etags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }))
    const complete = { ...object, UploadId: id, MultipartUpload: { Parts } }
    await this.#callWithBody(async abortSignal => {
      try {
        await client.send(new CompleteMultipartUploadCommand(complete), { abortSignal })
      } catch (error) {
        // The answer to an earlier try may have been lost.
        if (isNamed(error, 'NoSuchUpload') && (await this.#isComplete(abortSignal))) return
        throw error
      }
    })
  }

  async close(): Promise<void> {}

  /** The object is there, and made of our parts. */
  async #isComplete(abortSignal: AbortSignal): Promise<boolean> {
    const head = new HeadObjectCommand(this.#to.object)
    try {
      const { ContentLength, ETag } = await this.#to.client.send(head, { abortSignal })
      return ContentLength === this.#bytes && ETag?.endsWith(`-${this.#parts}"`) === true
    } catch (error) {
      if (isNamed(error, 'NotFound')) return false
      throw error
    }
  }

  async #create(): Promise<string> {
    const { client, calls, object, contentType } = this.#to
    const create = new CreateMultipartUploadCommand({ ...object, ContentType: contentType })
    return (await calls.call(abortSignal => client.send(create, { abortSignal }))).UploadId!
  }

  async #callWithBody<T>(work: (signal: AbortSignal) => Promise<T>, onFailedTry?: () => void): Promise<T> {
    const { calls } = this.#to
    return calls.call(
      async signal => {
        try {
          return await work(signal)
        } catch (error) {
          // Aborted, or written over by another run.
          if (isNamed(error, 'NoSuchUpload', 'InvalidPart')) throw new UploadLost((error as Error).message)
          throw error
        }
      },
      { timeoutMilliseconds: calls.patience.partMilliseconds, onFailedTry },
    )
  }
}

// Writes an object of S3: a multipart upload, or one put where it is too small for parts.
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
import { isNamed } from './s3-failures.ts'
import type { Upload } from './upload.ts'

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
  readonly #to: S3Uploads
  #state: UploadState | undefined
  /** In parts. */
  #bytes: number
  /** All that there is, as long as it is too small for a part. */
  #small: Buffer = Buffer.alloc(0)

  constructor(to: S3Uploads, state?: UploadState, bytes = 0) {
    this.#to = to
    this.#state = state
    this.#bytes = bytes
  }

  /** Parts that were written behind `state` are written over, or left out when the upload is completed. */
  static resume(to: S3Uploads, state: unknown, bytes: number): S3Upload {
    const { id, parts } = (state ?? {}) as Partial<UploadState>
    if (typeof id !== 'string' || !Array.isArray(parts)) throw new UploadLost('the checkpoint names no upload')
    return new S3Upload(to, { id, parts: [...parts] }, bytes)
  }

  get leastPartBytes(): number {
    return smallestPartBytes * 2 ** Math.floor((this.#state?.parts.length ?? 0) / partsOfOneSize)
  }

  async append(part: Uint8Array[]): Promise<void> {
    const body = Buffer.concat(part)
    if (!this.#state && body.length < smallestPartBytes) {
      this.#small = body
      return
    }
    const { client, object } = this.#to
    this.#state ??= { id: await this.#create(), parts: [] }
    const { id, parts } = this.#state
    const put = { ...object, UploadId: id, PartNumber: parts.length + 1, Body: body }
    const { ETag } = await this.#callWithBody(abortSignal => client.send(new UploadPartCommand(put), { abortSignal }))
    parts.push(ETag!)
    this.#bytes += body.length
  }

  async settle(): Promise<UploadState | null> {
    return this.#state ? { id: this.#state.id, parts: [...this.#state.parts] } : null
  }

  async complete(): Promise<void> {
    const { client, object, contentType, abortOthers } = this.#to
    if (!this.#state) {
      const put = { ...object, ContentType: contentType, Body: this.#small }
      await this.#callWithBody(abortSignal => client.send(new PutObjectCommand(put), { abortSignal }))
      return
    }
    const { id, parts } = this.#state
    await abortOthers(id)
    const Parts = parts.map((ETag, at) => ({ ETag, PartNumber: at + 1 }))
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
      return ContentLength === this.#bytes && ETag?.endsWith(`-${this.#state!.parts.length}"`) === true
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

  async #callWithBody<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
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
      { timeoutMilliseconds: calls.patience.partMilliseconds },
    )
  }
}

// Buckets that speak S3, with the AWS SDK: AWS itself, IBM Cloud Object Storage, and whatever else answers to it.
import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3'
import { CloudRefused, SourceChanged } from './cloud-error.ts'
import type { GuardedCalls } from './guarded-calls.ts'
import { ObjectStoreCloud, type StoredObject } from './object-store-cloud.ts'
import { readOn } from './read-on.ts'
import { isNamed } from './s3-failures.ts'
import { S3Upload, type S3Uploads } from './s3-upload.ts'
import type { UploadTarget } from './upload.ts'

export interface S3Options {
  /** One for all users of the cloud: they share its connections. It must not try again by itself. */
  client: S3Client
  bucket: string
  /** Before every key; empty for none. */
  prefix: string
  calls: GuardedCalls
}

/** Deliveries are multipart uploads, so S3 shows nothing of them before they are complete. */
export class S3Cloud extends ObjectStoreCloud {
  readonly #client: S3Client
  readonly #bucket: string
  readonly #prefix: string
  readonly #calls: GuardedCalls

  constructor(name: string, { client, bucket, prefix, calls }: S3Options) {
    super(name, prefix)
    this.#client = client
    this.#bucket = bucket
    this.#prefix = prefix
    this.#calls = calls
  }

  /** Lists, rather than ask for the bucket's head: that says no more than 403. */
  override async login(): Promise<void> {
    const list = new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: this.#prefix, MaxKeys: 1 })
    await this.#calls.call(abortSignal => this.#client.send(list, { abortSignal }))
  }

  protected override async listObjects(prefix: string): Promise<StoredObject[]> {
    const objects: StoredObject[] = []
    for await (const page of this.#listPages(prefix, '/')) objects.push(...page)
    return objects
  }

  async *#listPages(prefix: string, delimiter?: string): AsyncIterable<StoredObject[]> {
    let from: string | undefined
    do {
      const list = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: prefix,
        Delimiter: delimiter,
        ContinuationToken: from,
      })
      const page = await this.#calls.call(abortSignal => this.#client.send(list, { abortSignal }))
      yield (page.Contents ?? []).map(({ Key, Size, LastModified, ETag }) => ({
        key: Key!,
        bytes: Size!,
        updatedAt: LastModified!.getTime(),
        version: ETag!,
      }))
      from = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (from !== undefined)
  }

  protected override readObject(
    { key, version }: { key: string; version?: string },
    start: number,
    end: number,
    options: { signal?: AbortSignal; lent?: boolean } = {},
  ): AsyncIterable<Uint8Array> {
    return readOn(this.#calls, { start, end, ...options }, (from, aborted) =>
      this.#openObject({ key, version }, from, end, aborted),
    )
  }

  async #openObject(
    { key, version }: { key: string; version?: string },
    start: number,
    end: number,
    abortSignal: AbortSignal,
  ): Promise<Readable> {
    const range = `bytes=${start}-${end}`
    const get = new GetObjectCommand({ Bucket: this.#bucket, Key: key, IfMatch: version, Range: range })
    try {
      return (await this.#client.send(get, { abortSignal })).Body as Readable
    } catch (error) {
      if (!isNamed(error, 'PreconditionFailed', 'NoSuchKey', 'InvalidRange')) throw error
      const file = key.slice(key.lastIndexOf('/') + 1)
      throw version === undefined
        ? new CloudRefused(`${file} is not there any more`)
        : new SourceChanged(`${file} has changed`)
    }
  }

  protected override writeObject(key: string, contentType: string): UploadTarget {
    const to: S3Uploads = {
      ...{ client: this.#client, calls: this.#calls, contentType },
      object: { Bucket: this.#bucket, Key: key },
      abortOthers: id => this.#abortUploads(key, other => other.Key === key && other.UploadId !== id),
    }
    return {
      begin: async () => new S3Upload(to),
      resume: async (state, bytes) => S3Upload.resume(to, state, bytes),
    }
  }

  protected override async deleteObjects(prefix: string): Promise<void> {
    await this.#abortUploads(prefix, () => true)
    for await (const page of this.#listPages(prefix)) {
      for (const { key } of page) {
        const remove = new DeleteObjectCommand({ Bucket: this.#bucket, Key: key })
        await this.#calls.call(abortSignal => this.#client.send(remove, { abortSignal }))
      }
    }
  }

  async #abortUploads(prefix: string, isMeant: (upload: { Key?: string; UploadId?: string }) => boolean) {
    let page: ListMultipartUploadsCommandOutput | undefined
    do {
      const from = { KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker }
      const list = new ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: prefix, ...from })
      page = await this.#calls.call(abortSignal => this.#client.send(list, { abortSignal }))
      for (const { Key, UploadId } of (page.Uploads ?? []).filter(isMeant)) {
        const abort = new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId })
        await this.#calls.call(abortSignal => this.#client.send(abort, { abortSignal }).catch(unlessGone))
      }
    } while (page.IsTruncated)
  }
}

function unlessGone(error: unknown): void {
  if (!isNamed(error, 'NoSuchUpload')) throw error
}

// Google Cloud Storage: a bucket of objects.
import type { Readable } from 'node:stream'
import type { Bucket } from '@google-cloud/storage'
import { CloudRefused, SourceChanged } from './cloud-error.ts'
import { statusOf } from './google-connection.ts'
import { GoogleUploads } from './google-upload.ts'
import type { GuardedCalls } from './guarded-calls.ts'
import { ObjectStoreCloud, type StoredObject } from './object-store-cloud.ts'
import { readOn } from './read-on.ts'
import type { UploadTarget } from './upload.ts'

/** Objects that are stored compressed are not unpacked on the way: ranges are of the stored bytes. */
const asStored = { compress: false }
/** The most that Google answers. */
const listedAtOnce = 1_000
const deletedAtOnce = 16

/** Deliveries are resumable uploads, so Google shows nothing of them before they are complete. */
export class GoogleCloud extends ObjectStoreCloud {
  readonly #bucket: Bucket
  readonly #prefix: string
  readonly #calls: GuardedCalls
  readonly #uploads: GoogleUploads

  /** `bucket` is one for all users of the cloud. Its client must not try again by itself. */
  constructor(name: string, bucket: Bucket, { prefix, calls }: { prefix: string; calls: GuardedCalls }) {
    super(name, prefix)
    this.#bucket = bucket
    this.#prefix = prefix
    this.#calls = calls
    this.#uploads = new GoogleUploads(calls, bucket)
  }

  /** Lists: whoever may read and write objects may still not ask for the bucket itself. */
  override async login(): Promise<void> {
    for await (const _page of this.#list({ prefix: this.#prefix, maxResults: 1 })) return
  }

  protected override async listObjects(prefix: string): Promise<StoredObject[]> {
    const objects: StoredObject[] = []
    for await (const page of this.#list({ prefix, delimiter: '/' })) {
      for (const { name, size, updated, generation } of page) {
        objects.push({ key: name, bytes: Number(size), updatedAt: Date.parse(updated), version: generation })
      }
    }
    return objects
  }

  protected override async *readObject(
    { key, version }: { key: string; version?: string },
    start: number,
    end: number,
    options: { signal?: AbortSignal; lent?: boolean } = {},
  ): AsyncIterable<Uint8Array> {
    const { authClient, apiEndpoint } = this.#bucket.storage
    let generation = version
    yield* readOn(this.#calls, { start, end, ...options }, async (from, aborted) => {
      try {
        // The SDK's read stream cannot be given up before an answer comes: one that never does would hold its connection.
        const { data, headers } = await authClient.request<Readable>({
          url: `${apiEndpoint}/storage/v1/b/${this.#bucket.name}/o/${encodeURIComponent(key)}`,
          params: { alt: 'media', ...(generation === undefined ? {} : { generation }) },
          headers: { Range: `bytes=${from}-${end}`, 'Accept-Encoding': 'gzip' },
          responseType: 'stream',
          ...asStored,
          signal: aborted,
        })
        generation ??= headers.get('x-goog-generation') ?? undefined
        return data
      } catch (error) {
        throw isOtherObject(error) ? missing(key, version) : error
      }
    })
  }

  protected override writeObject(key: string, contentType: string): UploadTarget {
    return this.#uploads.target(key, contentType)
  }

  protected override async deleteObjects(prefix: string, uploads: unknown[]): Promise<void> {
    await this.#uploads.endUnder(prefix, uploads)
    for await (const page of this.#list({ prefix })) {
      for (let at = 0; at < page.length; at += deletedAtOnce) {
        const names = page.slice(at, at + deletedAtOnce).map(({ name }) => name)
        await Promise.all(
          names.map(name => this.#calls.call(() => this.#bucket.file(name).delete({ ignoreNotFound: true }))),
        )
      }
    }
  }

  /** Answers page by page. */
  async *#list(query: { prefix?: string; delimiter?: string; maxResults?: number }): AsyncIterable<ListedObject[]> {
    const fields = 'items(name,size,updated,generation),nextPageToken'
    let pageToken: string | undefined
    do {
      const [, next, answer] = await this.#calls.call(() =>
        this.#bucket.getFiles({ maxResults: listedAtOnce, ...query, fields, pageToken, autoPaginate: false }),
      )
      yield (answer as { items?: ListedObject[] }).items ?? []
      pageToken = (next as { pageToken?: string } | null)?.pageToken
    } while (pageToken !== undefined)
  }
}

/** As the JSON API has it: https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
interface ListedObject {
  name: string
  size: string
  updated: string
  generation: string
}

/** Of a reading that was bound to a version: gone, another one, or shorter. */
function isOtherObject(error: unknown): boolean {
  return [404, 412, 416].includes(statusOf(error) ?? 0)
}

/** A source that is not the one that was found has changed; a delivery that is not there was taken away. */
function missing(key: string, version: string | undefined): Error {
  const file = key.slice(key.lastIndexOf('/') + 1)
  return version === undefined
    ? new CloudRefused(`${file} is not there any more`)
    : new SourceChanged(`${file} has changed`)
}

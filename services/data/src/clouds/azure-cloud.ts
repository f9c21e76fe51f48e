// Azure Blob Storage: a container of block blobs.
import type { Readable } from 'node:stream'
import type { BlobItem, ContainerClient } from '@azure/storage-blob'
import { azureUploadTarget } from './azure-upload.ts'
import { CloudRefused, SourceChanged } from './cloud-error.ts'
import type { GuardedCalls } from './guarded-calls.ts'
import { ObjectStoreCloud, type StoredObject } from './object-store-cloud.ts'
import { readOn } from './read-on.ts'
import type { UploadTarget } from './upload.ts'

/** Azure answers up to 5,000, and the SDK holds up all else for a third of a second to read so many. */
const listedAtOnce = 1_000
const deletedAtOnce = 16

/** Deliveries are staged blocks until they are complete, so Azure shows nothing of them before. */
export class AzureCloud extends ObjectStoreCloud {
  readonly #container: ContainerClient
  readonly #prefix: string
  readonly #calls: GuardedCalls

  /** `container` is one for all users of the cloud: they share its connections. It must not try again by itself. */
  constructor(name: string, container: ContainerClient, { prefix, calls }: { prefix: string; calls: GuardedCalls }) {
    super(name, prefix)
    this.#container = container
    this.#prefix = prefix
    this.#calls = calls
  }

  /** Lists: a shared access signature for a container allows that, and does not allow to ask for the container itself. */
  override async login(): Promise<void> {
    for await (const _page of this.#list(this.#prefix, { pageSize: 1 })) return
  }

  protected override async listObjects(prefix: string): Promise<StoredObject[]> {
    const objects: StoredObject[] = []
    for await (const page of this.#list(prefix)) {
      for (const { name, properties } of page) {
        const { contentLength = 0, lastModified, etag } = properties
        objects.push({ key: name, bytes: contentLength, updatedAt: lastModified.getTime(), version: quoted(etag) })
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
    const blob = this.#container.getBlobClient(key)
    let ifMatch = version
    yield* readOn(this.#calls, { start, end, ...options }, async (from, abortSignal) => {
      try {
        const asked = { abortSignal, conditions: { ifMatch }, maxRetryRequests: 0 }
        const answer = await blob.download(from, end + 1 - from, asked)
        ifMatch ??= answer.etag
        return answer.readableStreamBody as Readable
      } catch (error) {
        throw isOtherBlob(error) ? missing(key, version) : error
      }
    })
  }

  protected override writeObject(key: string, contentType: string): UploadTarget {
    return azureUploadTarget(this.#calls, this.#container.getBlockBlobClient(key), contentType)
  }

  protected override async deleteObjects(prefix: string): Promise<void> {
    for await (const page of this.#list(prefix, { withUnfinished: true })) {
      for (let at = 0; at < page.length; at += deletedAtOnce) {
        await Promise.all(page.slice(at, at + deletedAtOnce).map(({ name }) => this.#delete(name)))
      }
    }
  }

  /**
   * Staged blocks of a blob that was never committed cannot be deleted: they stay, and are charged for, for a week after
   * the last of them came. A blob put in their place drops them, and can be deleted.
   */
  async #delete(key: string): Promise<void> {
    const blob = this.#container.getBlockBlobClient(key)
    await this.#calls.call(abortSignal => blob.upload('', 0, { abortSignal }))
    await this.#calls.call(abortSignal => blob.deleteIfExists({ abortSignal, deleteSnapshots: 'include' }))
  }

  /** What lies directly under `prefix`; with what is unfinished, also what lies deeper. Answers page by page. */
  async *#list(
    prefix: string,
    { pageSize = listedAtOnce, withUnfinished = false } = {},
  ): AsyncIterable<readonly BlobItem[]> {
    let continuationToken: string | undefined
    do {
      const page = await this.#calls.call(async abortSignal => {
        const found = withUnfinished
          ? this.#container.listBlobsFlat({ prefix, abortSignal, includeUncommitedBlobs: true })
          : this.#container.listBlobsByHierarchy('/', { prefix, abortSignal })
        const { value } = await found.byPage({ continuationToken, maxPageSize: pageSize }).next()
        return value as Page
      })
      yield page.segment.blobItems
      continuationToken = page.continuationToken || undefined
    } while (continuationToken !== undefined)
  }
}

interface Page {
  segment: { blobItems: readonly BlobItem[] }
  /** Empty on the last page. */
  continuationToken?: string
}

/** A listing has them without the quotation marks that a condition must have (RFC 9110 8.8.3). */
function quoted(etag: string): string {
  return etag.startsWith('"') ? etag : `"${etag}"`
}

/** Of a reading that was bound to a version: gone, another one, or shorter. */
function isOtherBlob(error: unknown): boolean {
  const { statusCode, code } = error as { statusCode?: number; code?: string }
  return code !== 'ContainerNotFound' && [404, 412, 416].includes(statusCode ?? 0)
}

/** A source that is not the one that was found has changed; a delivery that is not there was taken away. */
function missing(key: string, version: string | undefined): Error {
  const file = key.slice(key.lastIndexOf('/') + 1)
  return version === undefined
    ? new CloudRefused(`${file} is not there any more`)
    : new SourceChanged(`${file} has changed`)
}

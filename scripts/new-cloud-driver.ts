// Of `npm run new-cloud`: NEWCLOUD, one sentence on what it is and where its API is described.
import { Readable } from 'node:stream'
import Joi from 'joi'
import { CloudRefused, SourceChanged, UploadLost } from '../services/data/src/clouds/cloud-error.ts'
import type { CloudDriver } from '../services/data/src/clouds/factory.ts'
import { failureOfConnection, GuardedCalls } from '../services/data/src/clouds/guarded-calls.ts'
import { ObjectStoreCloud, type StoredObject } from '../services/data/src/clouds/object-store-cloud.ts'
import { readOn } from '../services/data/src/clouds/read-on.ts'
import { bucketSetting } from '../services/data/src/clouds/store-settings.ts'
import type { Upload, UploadTarget } from '../services/data/src/clouds/upload.ts'

interface Stored {
  content: Buffer
  updatedAt: number
  version: string
}

/**
 * Buckets in memory, so that this class runs before it knows its vendor: in their place comes a client of the vendor's SDK,
 * made in `create` below, and each `calls.call` hands its signal to it.
 */
export const buckets = new Map<string, { objects: Map<string, Stored>; uploads: Map<string, Buffer[]> }>()

const chunkBytes = 64 * 1024

class NewCloud extends ObjectStoreCloud {
  readonly #bucket: string
  readonly #calls: GuardedCalls

  constructor(name: string, bucket: string, calls: GuardedCalls) {
    super(name, '')
    this.#bucket = bucket
    this.#calls = calls
  }

  override async login(): Promise<void> {
    await this.#calls.call(async () => this.#open())
  }

  protected override async listObjects(prefix: string): Promise<StoredObject[]> {
    const { objects } = await this.#calls.call(async () => this.#open())
    const found = [...objects].filter(([key]) => key.startsWith(prefix) && !key.slice(prefix.length).includes('/'))
    return found.map(([key, { content, updatedAt, version }]) => ({ key, bytes: content.length, updatedAt, version }))
  }

  protected override readObject(
    { key, version }: { key: string; version?: string },
    start: number,
    end: number,
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncIterable<Uint8Array> {
    return readOn(this.#calls, { start, end, signal }, async from => {
      const found = this.#open().objects.get(key)
      if (version !== undefined && found?.version !== version) throw new SourceChanged(`${key} has changed`)
      if (!found) throw new CloudRefused(`${key} is not there any more`)
      return Readable.from(chunksOf(found.content.subarray(from, end + 1)))
    })
  }

  protected override writeObject(key: string): UploadTarget {
    const { objects, uploads } = this.#open()
    const upload = (parts: Buffer[]): Upload => ({
      leastPartBytes: 0,
      partsAtOnce: 1,
      append: async ({ pieces, release }) => {
        parts.push(Buffer.concat(pieces))
        uploads.set(key, parts)
        release()
      },
      settle: async () => ({ parts: parts.length }),
      complete: async () => {
        objects.set(key, { content: Buffer.concat(parts), updatedAt: Date.now(), version: String(Math.random()) })
        uploads.delete(key)
      },
      close: async () => {},
    })
    return {
      begin: async () => upload([]),
      resume: async state => {
        const { parts } = state as { parts: number }
        const kept = uploads.get(key)?.slice(0, parts)
        if (kept?.length !== parts) throw new UploadLost(`of ${key} not all parts are there`)
        return upload(kept)
      },
    }
  }

  protected override async deleteObjects(prefix: string): Promise<void> {
    for (const kept of Object.values(this.#open())) {
      for (const key of kept.keys()) if (key.startsWith(prefix)) kept.delete(key)
    }
  }

  #open() {
    const bucket = buckets.get(this.#bucket)
    if (!bucket) throw new CloudRefused(`there is no bucket ${this.#bucket}`)
    return bucket
  }
}

function* chunksOf(content: Buffer): Iterable<Buffer> {
  for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes)
}

export const driver: CloudDriver<{ bucket: string }> = {
  settings: Joi.object({ bucket: bucketSetting.required() }),
  needsSettings: true,
  create: (name, { bucket }, { patience }) =>
    new NewCloud(name, bucket, new GuardedCalls({ cloud: name, patience, explain: failureOfConnection })),
}

// Of `npm run new-cloud`: NEWCLOUD, one sentence on what it is and where its API is described.
import { createReadStream, existsSync } from 'node:fs'
import { appendFile, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Joi from 'joi'
import { CloudRefused, SourceChanged, UploadLost } from '../services/data/src/clouds/cloud-error.ts'
import type { CloudDriver } from '../services/data/src/clouds/factory.ts'
import { failureOfConnection, GuardedCalls } from '../services/data/src/clouds/guarded-calls.ts'
import { ObjectStoreCloud, type StoredObject } from '../services/data/src/clouds/object-store-cloud.ts'
import { readOn } from '../services/data/src/clouds/read-on.ts'
import { bucketSetting } from '../services/data/src/clouds/store-settings.ts'
import type { Upload, UploadTarget } from '../services/data/src/clouds/upload.ts'

/**
 * A folder stands for the bucket, so that this class runs before it knows its vendor: in its place comes a client of the vendor's SDK, made in
 * `create` below, and each `calls.call` hands its signal to it. What is in memory would not do: large exports run on threads, and each
 * opens the cloud for itself.
 */
interface NewSettings {
  /** Of the folders that stand for buckets: in its place come an address and keys. */
  folder: string
  bucket: string
}

class NewCloud extends ObjectStoreCloud {
  readonly #folder: string
  readonly #calls: GuardedCalls

  constructor(name: string, folder: string, calls: GuardedCalls) {
    super(name, '')
    this.#folder = folder
    this.#calls = calls
  }

  override async login(): Promise<void> {
    await this.#calls.call(async () => this.#open())
  }

  protected override async listObjects(prefix: string): Promise<StoredObject[]> {
    const names = await this.#calls.call(() => readdir(join(this.#open(), 'objects')))
    const keys = names.map(decodeURIComponent)
    const found = keys.filter(key => key.startsWith(prefix) && !key.slice(prefix.length).includes('/'))
    return Promise.all(found.map(key => this.#describe(key)))
  }

  protected override readObject(
    { key, version }: { key: string; version?: string },
    start: number,
    end: number,
    { signal }: { signal?: AbortSignal } = {},
  ): AsyncIterable<Uint8Array> {
    return readOn(this.#calls, { start, end, signal }, async from => {
      const found = await this.#describe(key).catch(() => undefined)
      if (version !== undefined && found?.version !== version) throw new SourceChanged(`${key} has changed`)
      if (!found) throw new CloudRefused(`${key} is not there any more`)
      return createReadStream(this.#path('objects', key), { start: from, end })
    })
  }

  protected override writeObject(key: string): UploadTarget {
    const begun = this.#path('uploads', key)
    const upload: Upload = {
      leastPartBytes: 0,
      partsAtOnce: 1,
      append: async ({ pieces, release }) => {
        await appendFile(begun, Buffer.concat(pieces))
        release()
      },
      settle: async () => null,
      complete: () => rename(begun, this.#path('objects', key)),
      close: async () => {},
    }
    return {
      begin: async () => {
        await writeFile(begun, '')
        return upload
      },
      resume: async (_state, bytes) => {
        const found = await stat(begun).catch(() => undefined)
        if (!found || found.size < bytes) throw new UploadLost(`of ${key} not all bytes are there`)
        await truncate(begun, bytes)
        return upload
      },
    }
  }

  protected override async deleteObjects(prefix: string): Promise<void> {
    for (const kind of ['objects', 'uploads'] as const) {
      const keys = (await readdir(join(this.#open(), kind))).map(decodeURIComponent)
      for (const key of keys) if (key.startsWith(prefix)) await rm(this.#path(kind, key))
    }
  }

  async #describe(key: string): Promise<StoredObject> {
    const { ino, mtimeMs, size } = await stat(this.#path('objects', key))
    return { key, bytes: size, updatedAt: Math.trunc(mtimeMs), version: `${ino}-${mtimeMs}` }
  }

  #path(kind: 'objects' | 'uploads', key: string): string {
    return join(this.#open(), kind, encodeURIComponent(key))
  }

  #open(): string {
    if (!existsSync(this.#folder)) throw new CloudRefused(`there is no bucket ${this.#folder}`)
    return this.#folder
  }
}

export const driver: CloudDriver<NewSettings> = {
  settings: Joi.object({ folder: Joi.string().max(1_000).required(), bucket: bucketSetting.required() }),
  needsSettings: true,
  create: (name, { folder, bucket }, { patience }) => {
    const calls = new GuardedCalls({ cloud: name, patience, explain: failureOfConnection })
    return new NewCloud(name, join(folder, bucket), calls)
  },
}

// Clouds that keep files under keys: all that they have in common. A new one is the four primitives.
import { Readable } from 'node:stream'
import { areaNamePattern, deliveredFileName, type ExportFormat } from '@waybill/contracts'
import type { SourceFormat } from '../formats/index.ts'
import {
  assertAreaNames,
  Cloud,
  type DataPage,
  type DatasetInfo,
  type DeliveredObject,
  type ExportedFile,
  type ExportTask,
} from './cloud.ts'
import { DatasetNotFound, OrderNeeded, SourceBroken, SourceChanged } from './cloud-error.ts'
import { exportDataset, type Source, type SourceChunk, type SourcePlace } from './export-dataset.ts'
import { unpackGzip } from './gzip.ts'
import { type KnownDataset, KnownDatasets } from './known-datasets.ts'
import { packedTypes } from './packing.ts'
import { ParquetFile } from './parquet-file.ts'
import { type PagePosition, type RecordFile, readRecords } from './read-records.ts'
import { sourceEndings } from './source-endings.ts'
import type { UploadTarget } from './upload.ts'

export interface StoredObject {
  key: string
  bytes: number
  /** Epoch ms. */
  updatedAt: number
  /** Changes whenever the content does. */
  version: string
}

interface DatasetObject extends StoredObject {
  dataset: string
  format: SourceFormat
  packed: 'gzip' | 'parquet' | undefined
  /** Of sourceEndings: the first wins where a dataset has several files. */
  rank: number
}

interface Position extends PagePosition {
  version: string
}

interface RowPosition {
  row: number
  version: string
}

const sharedAccount = '_shared'
const deliveryFolder = '.waybill'
/** A packed file has to be unpacked from its beginning for each of its pages: those behind so much take an order. */
const pagedUnpackedBytes = 16 * 1024 * 1024

export abstract class ObjectStoreCloud extends Cloud {
  readonly #prefix: string
  readonly #known = new KnownDatasets<DatasetObject>()

  /** `prefix` stands before every key: empty or ending in a slash, as the owner of the store wants it. */
  constructor(name: string, prefix: string) {
    super(name)
    this.#prefix = prefix
  }

  /** The objects whose keys begin with `prefix` and have no slash behind it. */
  protected abstract listObjects(prefix: string): Promise<StoredObject[]>

  /**
   * The bytes `start` to `end`, both inclusive, in chunks of some hundred KiB; `end` -1 with `start` 0 is an empty object.
   * With `lent` a chunk need be good only until the next one is asked for. Throws SourceChanged where the object is not of
   * `version` any more.
   */
  protected abstract readObject(
    object: Pick<StoredObject, 'key'> & { version?: string },
    start: number,
    end: number,
    options?: { signal?: AbortSignal; lent?: boolean },
  ): AsyncIterable<Uint8Array>

  /** The same for a page of records: a store may have a quicker way for so little. */
  protected readPiece(
    object: StoredObject,
    start: number,
    end: number,
  ): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
    return this.readObject(object, start, end)
  }

  /**
   * A mark that changes when an object comes into a folder or goes, by which a dataset need not be looked for again with
   * each page; undefined where a store cannot tell for next to nothing.
   */
  protected markOf(_folder: string): string | undefined {
    return undefined
  }

  /** Where an object is written to, in parts; nothing is to be seen under `key` before the upload is complete. */
  protected abstract writeObject(key: string, contentType: string): UploadTarget

  /**
   * Deletes all objects and unfinished uploads whose keys begin with `prefix`, which ends in a slash; `uploads` are the last known states
   * of those that are unfinished (Upload.settle).
   */
  protected abstract deleteObjects(prefix: string, uploads: unknown[]): Promise<void>

  override async listDatasets(account: string): Promise<DatasetInfo[]> {
    assertAreaNames(account)
    const areas = await Promise.all([account, sharedAccount].map(area => this.#list(this.#folderOf(area))))
    const byName = new Map<string, DatasetObject>()
    for (const objects of areas.reverse()) {
      for (const object of bestOfEach(objects)) byName.set(object.dataset, object)
    }
    return [...byName.values()]
      .map(({ dataset, bytes, updatedAt }) => ({ name: dataset, bytes, updatedAt }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  override async getData(account: string, dataset: string, position: unknown, limit: number): Promise<DataPage> {
    assertAreaNames(account, dataset)
    const from = position as Position | RowPosition | undefined
    const name = `${account}/${dataset}`
    const known = this.#known.recall(name, count => this.#marksFor(account, count))
    if (known) {
      try {
        return await this.#readPage(known, limit, from)
      } catch (error) {
        if (!(error instanceof SourceChanged)) throw error
        this.#known.distrust(name)
      }
    }
    const readAnew = async () => this.#readPage(await this.#getToKnow(name, account, dataset), limit, from)
    return from ? readAnew() : untilUnchanged(readAnew)
  }

  async #getToKnow(name: string, account: string, dataset: string): Promise<KnownDataset<DatasetObject>> {
    const marks = this.#marksFor(account)
    const object = await this.#find(account, dataset)
    const isOwn = object.key.startsWith(this.#folderOf(account))
    return this.#known.remember(name, object, isOwn ? marks.slice(0, 1) : marks)
  }

  /** Of the folders that are looked through for a dataset, in their order. */
  #marksFor(account: string, count = 2): (string | undefined)[] {
    return [account, sharedAccount].slice(0, count).map(area => this.markOf(this.#folderOf(area)))
  }

  #folderOf(area: string): string {
    return `${this.#prefix}${area}/`
  }

  async #readPage(
    { object, hints }: KnownDataset<DatasetObject>,
    limit: number,
    position: Position | RowPosition | undefined,
  ): Promise<DataPage> {
    const version = versionOf(object)
    if (position && position.version !== version) throw new SourceChanged(`${fileName(object)} has changed`)
    if (object.packed === 'parquet') {
      const { records, next } = await this.#parquetFile(object).readPage((position as RowPosition)?.row ?? 0, limit)
      return { records, next: next === null ? null : ({ row: next, version } satisfies RowPosition) }
    }
    const from = position as Position | undefined
    const file = object.packed ? this.#packedFile(object, from) : this.#plainFile(object)
    const { records, next } = await readRecords({ ...file, hints }, from, limit)
    return { records, next: next && ({ ...next, version } satisfies Position) }
  }

  #plainFile(object: DatasetObject): RecordFile {
    const { format, bytes } = object
    return { name: fileName(object), format, bytes, read: (start, end) => this.readPiece(object, start, end) }
  }

  #parquetFile(object: DatasetObject): ParquetFile {
    const file = { name: fileName(object), version: `${this.name} ${versionOf(object)}`, bytes: object.bytes }
    return new ParquetFile(file, (start, end, signal) => this.readObject(object, start, end, { signal, lent: true }))
  }

  #packedFile(object: DatasetObject, from: Position | undefined): RecordFile {
    const name = fileName(object)
    if ((from?.offset ?? 0) > pagedUnpackedBytes) {
      const mebibytes = pagedUnpackedBytes / 1024 / 1024
      throw new OrderNeeded(`${name} is compressed and can be paged through in its first ${mebibytes} MiB only`)
    }
    return {
      ...{ name, format: object.format, bytes: 'unknown' },
      read: (start, end) =>
        upTo(end + 1 - start, unpackGzip(name, this.readObject(object, 0, object.bytes - 1), start)),
    }
  }

  override async processOrder(task: ExportTask): Promise<ExportedFile> {
    const key = this.#deliveryKey(task)
    const written = this.writeObject(key, task.compression ? packedTypes[task.compression] : contentTypes[task.format])
    const target: UploadTarget = {
      begin: () => written.begin(),
      resume: (state, bytes) => written.resume(state, bytes),
      readComplete: bytes => this.readObject({ key }, 0, bytes - 1, { signal: task.signal, lent: true }),
    }
    return untilUnchanged(async () =>
      exportDataset(await this.#source(await this.#find(task.account, task.dataset), task.signal), target, task),
    )
  }

  override async openDelivery(file: DeliveredObject, start: number, end: number): Promise<Readable> {
    const chunks = this.readObject({ key: this.#deliveryKey(file) }, start, end)
    return Readable.from(await started(chunks), { objectMode: false })
  }

  override async removeDelivery(account: string, processId: string, uploads: unknown[] = []): Promise<void> {
    assertAreaNames(account, processId)
    await this.deleteObjects(`${this.#prefix}${account}/${deliveryFolder}/${processId}/`, uploads)
  }

  async #list(prefix: string): Promise<DatasetObject[]> {
    return (await this.listObjects(prefix)).flatMap(object => asDataset(object) ?? [])
  }

  /** The account's own dataset, else the shared one. */
  async #find(account: string, dataset: string): Promise<DatasetObject> {
    assertAreaNames(account, dataset)
    for (const area of [account, sharedAccount]) {
      const objects = await this.#list(`${this.#folderOf(area)}${dataset}.`)
      const [found] = bestOfEach(objects.filter(object => object.dataset === dataset))
      if (found) return found
    }
    throw new DatasetNotFound(dataset, this.name)
  }

  async #source(object: DatasetObject, signal: AbortSignal): Promise<Source> {
    const { format, bytes } = object
    const about = { name: fileName(object), version: versionOf(object), format, bytes }
    if (object.packed === 'parquet') return { ...about, ...(await this.#parquetFile(object).openSource(signal)) }
    return object.packed ? this.#packedSource(object, about) : { ...about, read: this.#readPlain.bind(this, object) }
  }

  async *#readPlain(object: DatasetObject, { offset }: SourcePlace, signal: AbortSignal): AsyncIterable<SourceChunk> {
    for await (const bytes of this.readObject(object, offset, object.bytes - 1, { signal, lent: true })) yield { bytes }
  }

  /** A run that goes on unpacks what is before its checkpoint once more, and writes none of it. */
  #packedSource(object: DatasetObject, about: Omit<Source, 'read'>): Source {
    let packedRead = 0
    const readPacked = async function* (this: ObjectStoreCloud, signal: AbortSignal) {
      packedRead = 0
      for await (const bytes of this.readObject(object, 0, object.bytes - 1, { signal })) {
        packedRead += bytes.length
        yield bytes
      }
    }.bind(this)
    return {
      ...about,
      shareRead: () => packedRead / Math.max(object.bytes, 1),
      async *read({ offset }, signal) {
        for await (const bytes of unpackGzip(about.name, readPacked(signal), offset)) yield { bytes }
      },
    }
  }

  #deliveryKey(file: Omit<DeliveredObject, 'bytes' | 'position'>): string {
    const { account, processId, dataset } = file
    assertAreaNames(account, processId, dataset)
    return `${this.#prefix}${account}/${deliveryFolder}/${processId}/${deliveredFileName(file)}`
  }
}

export const contentTypes: Record<ExportFormat, string> = { ndjson: 'application/x-ndjson', csv: 'text/csv' }

/** Begins again where the source changes meanwhile; one that changes all the time is refused. */
async function untilUnchanged<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof SourceChanged)) throw error
      if (tries === 3) throw new SourceBroken(`${error.message} each time it was read`)
    }
  }
}

function versionOf({ key, version }: StoredObject): string {
  return `${key} ${version}`
}

function fileName({ key }: StoredObject): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

/** Undefined for a file that is no dataset. */
function asDataset(object: StoredObject): DatasetObject | undefined {
  const name = fileName(object)
  const rank = sourceEndings.findIndex(({ ending }) => name.endsWith(`.${ending}`))
  if (rank === -1) return undefined
  const { ending, format, packed } = sourceEndings[rank]!
  const dataset = name.slice(0, -ending.length - 1)
  return areaNamePattern.test(dataset) ? { ...object, dataset, format, packed, rank } : undefined
}

/** The first `bytes` bytes, fewer where there are no more. */
async function* upTo(bytes: number, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let left = bytes
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left)
    left -= chunk.length
    if (left <= 0) return
  }
}

function bestOfEach(objects: DatasetObject[]): Iterable<DatasetObject> {
  const best = new Map<string, DatasetObject>()
  for (const object of objects) {
    const rival = best.get(object.dataset)
    if (!rival || object.rank < rival.rank) best.set(object.dataset, object)
  }
  return best.values()
}

/** Waits for the first chunk, so that an object that cannot be read is known before anything is answered. */
export async function started(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  return (async function* () {
    try {
      for (let result = first; !result.done; result = await iterator.next()) yield result.value
    } finally {
      await iterator.return?.()
    }
  })()
}

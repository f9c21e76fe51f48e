// LOCAL and its like: folders on the disk of the machine that hosts the data service.
import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats, writevSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import Joi from 'joi'
import { CloudRefused, SourceChanged, UploadLost } from '../cloud-error.ts'
import type { CloudDriver } from '../factory.ts'
import { LentBuffers } from '../lent-buffers.ts'
import { ObjectStoreCloud, type StoredObject } from '../object-store-cloud.ts'
import { bytesOf, type Part, type Upload, type UploadTarget } from '../upload.ts'

const readBytes = 256 * 1024
const lentBuffers = new LentBuffers({ bytes: readBytes, kept: 24 })
const partEnding = '.part'
/** Up to so much is read without the thread pool, which costs ten times the reading (60 µs and 5 µs a page). */
const pieceBytes = 128 * 1024
/**
 * But a disk that lets us wait so long, over a network or cold, is not waited for in the event loop for a while. Once may
 * be the scheduler; so many times in a row is the disk.
 */
const slowMilliseconds = 2
const slowTimesAtMost = 3
const slowForMilliseconds = 1_000

/**
 * A thread of exports waits for the disk itself: nobody else waits for it, and the threads of the pool, which commits need too, would do
 * so at a priority above that of answers.
 */
const inPlace = !isMainThread

export interface LocalOptions {
  root: string
  /** Made when missing; else a root that is not there is refused. */
  makeRoot: boolean
  /** Files are on the disk, not only with the system, before they count as written. */
  synced: boolean
}

/** Deliveries survive a crash at any instant: they are written beside their name and renamed. */
export class LocalCloud extends ObjectStoreCloud {
  readonly #options: LocalOptions
  readonly #root: string
  #realRoot: Promise<string> | undefined
  /** The same, once it is known. */
  #knownRoot: string | undefined
  #slowTimes = 0
  /** performance.now() */
  #slowUntil = 0

  constructor(name: string, options: LocalOptions) {
    super(name, '')
    this.#options = options
    this.#root = resolve(options.root)
  }

  override async login(): Promise<void> {
    this.#realRoot = this.#knownRoot = undefined
    const found = await stat(await this.#findRoot())
    if (!found.isDirectory()) throw new CloudRefused(`${this.#root} is no folder`)
  }

  protected override async listObjects(prefix: string): Promise<StoredObject[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    const path = await this.#existing(folder)
    if (path === undefined) return []
    const entries = await readdir(path, { withFileTypes: true })
    const wanted = entries.filter(entry => {
      const isFile = entry.isFile() || entry.isSymbolicLink()
      return isFile && `${folder}${entry.name}`.startsWith(prefix) && !entry.name.endsWith(partEnding)
    })
    const objects = wanted.map(async entry => this.#describe(`${folder}${entry.name}`, entry.isSymbolicLink()))
    return (await Promise.all(objects)).filter(object => object !== undefined)
  }

  async #describe(key: string, isLink: boolean): Promise<StoredObject | undefined> {
    const path = isLink ? await this.#existing(key).catch(() => undefined) : join(this.#root, key)
    const found = path === undefined ? undefined : await stat(path).catch(ifMissing(undefined))
    if (!found?.isFile()) return undefined
    return { key, bytes: found.size, updatedAt: Math.trunc(found.mtimeMs), version: versionOf(found) }
  }

  protected override async *readObject(
    { key, version }: { key: string; version?: string },
    start: number,
    end: number,
    { signal, lent = false }: { signal?: AbortSignal; lent?: boolean } = {},
  ): AsyncIterable<Uint8Array> {
    const path = await this.#existing(key)
    if (path === undefined) throw missing(key, version)
    // The real path has no link left in it; one that is put there now is refused.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    const reader = new ChunkReader(file, lent)
    try {
      const unchanged = async () => version === undefined || versionOf(await file.stat()) === version
      if (!(await unchanged())) throw missing(key, version)
      reader.begin(start, end)
      for (let at = start; at <= end; ) {
        signal?.throwIfAborted()
        const chunk = await reader.next()
        if (chunk.length === 0) throw missing(key, version)
        at += chunk.length
        // The next chunk is read while this one is worked on.
        reader.begin(at, end)
        // Written over while it was read: what was read is neither the old file nor the new one.
        if (at > end && end - start >= readBytes && !(await unchanged())) throw missing(key, version)
        yield chunk
      }
    } finally {
      await reader.close()
      await file.close()
    }
  }

  /** In one go and at once; what is large, slow, or has a link on its way is read with all care. */
  protected override readPiece(
    object: StoredObject,
    start: number,
    end: number,
  ): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
    const piece = end - start < pieceBytes && this.#quickly(root => readSmall(root, object, start, end))
    return piece ? [piece] : this.readObject(object, start, end)
  }

  protected override markOf(folder: string): string | undefined {
    return this.#quickly(root => {
      const found = lstatSync(join(root, folder), { throwIfNoEntry: false })
      if (!found) return 'none'
      return found.isDirectory() ? `${found.dev}-${found.ino}-${found.mtimeMs}-${found.ctimeMs}` : undefined
    })
  }

  /** Undefined where the disk was slow a moment ago, or the root has not been found yet. */
  #quickly<T>(work: (root: string) => T): T | undefined {
    const startedAt = performance.now()
    if (this.#knownRoot === undefined || startedAt < this.#slowUntil) return undefined
    const result = work(this.#knownRoot)
    const endedAt = performance.now()
    this.#slowTimes = endedAt - startedAt > slowMilliseconds ? this.#slowTimes + 1 : 0
    if (this.#slowTimes >= slowTimesAtMost) this.#slowUntil = endedAt + slowForMilliseconds
    return result
  }

  protected override writeObject(key: string): UploadTarget {
    const { synced } = this.#options
    const place = async () => {
      const folder = dirname(key)
      await makeFolder(join(await this.#findRoot(), folder), synced)
      return join((await this.#existing(folder))!, basename(key))
    }
    return {
      begin: async () => {
        const path = await place()
        await removeParts(path)
        const part = newPart(path, newLineage())
        return new LocalUpload({ path, part }, await open(part, 'wx+', 0o600), 0, synced)
      },
      resume: async (state, bytes) => {
        const path = await place()
        const earlier = await findPart(path, partIn(state))
        const part = newPart(path, lineageOf(earlier) ?? newLineage())
        const found = earlier !== undefined && (await rename(earlier, part).then(() => true, ifMissing(false)))
        if (!found) throw new UploadLost(`the beginning of ${basename(path)} is gone`)
        const file = await open(part, 'r+')
        if ((await file.stat()).size < bytes) {
          await file.close()
          throw new UploadLost(`${part} is shorter than its checkpoint`)
        }
        await file.truncate(bytes)
        return new LocalUpload({ path, part }, file, bytes, synced)
      },
    }
  }

  protected override async deleteObjects(prefix: string): Promise<void> {
    const path = await this.#existing(prefix)
    if (path !== undefined) await rm(path, { recursive: true, force: true })
  }

  /** The real path of what is there under `key`; undefined where nothing is. Refuses what leads out of the root. */
  async #existing(key: string): Promise<string | undefined> {
    const root = await this.#findRoot()
    const path = await realpath(join(root, key)).catch(ifMissing(undefined))
    if (path !== undefined && path !== root && !path.startsWith(root + sep)) {
      throw new CloudRefused(`${key} leads out of the folder of ${this.name}`)
    }
    return path
  }

  #findRoot(): Promise<string> {
    this.#realRoot ??= this.#openRoot().then(
      path => {
        this.#knownRoot = path
        return path
      },
      error => {
        this.#realRoot = undefined
        throw error
      },
    )
    return this.#realRoot
  }

  async #openRoot(): Promise<string> {
    if (this.#options.makeRoot) await mkdir(this.#root, { recursive: true, mode: 0o700 })
    const path = await realpath(this.#root).catch(ifMissing(undefined))
    if (path === undefined) throw new CloudRefused(`there is no folder ${this.#root}`)
    return path
  }
}

/** Without a root of its own a cloud has a folder of its name under WAYBILL_HOME. */
export const driver: CloudDriver<{ root?: string }> = {
  settings: Joi.object({ root: Joi.string().min(1).max(1_000) }),
  needsSettings: false,
  create: (name, { root }, { home, synced }) =>
    new LocalCloud(name, { root: root ?? localRoot(home, name), makeRoot: root === undefined, synced }),
}

export function localRoot(home: string, name: string): string {
  return join(home, 'clouds', name.toLowerCase())
}

/**
 * Each run has a name of its own for its part and takes the one of the run before over by giving it that name: a run that
 * was taken for dead, and is not, finds nothing under its own name that it could complete. The first half of what is added to
 * the name says who began the file and stays: a run that is ended before its first checkpoint has taken the part along.
 */
function newPart(path: string, lineage: string): string {
  return `${path}.${lineage}${randomBytes(3).toString('hex')}${partEnding}`
}

function newLineage(): string {
  return randomBytes(3).toString('hex')
}

function lineageOf(part: string | undefined): string | undefined {
  return part && /\.([0-9a-f]{6})[0-9a-f]{6}\.part$/.exec(part)?.[1]
}

/** The part that a checkpoint names, or what a later run has made of it; undefined where it is gone. */
async function findPart(path: string, named: string | undefined): Promise<string | undefined> {
  const wanted = named ?? `${basename(path)}${partEnding}`
  const parts = await listParts(path)
  const lineage = lineageOf(wanted)
  const found = parts.find(part => part === wanted) ?? parts.find(part => lineage && lineageOf(part) === lineage)
  return found && join(dirname(path), found)
}

/** The names of a file's parts. */
async function listParts(path: string): Promise<string[]> {
  const file = basename(path)
  // The name to its end: another dataset's may begin like this one's.
  const isPart = (name: string) => name.startsWith(file) && /^(\.[0-9a-f]{12})?\.part$/.test(name.slice(file.length))
  return (await readdir(dirname(path))).filter(isPart)
}

/** Of a file that is begun anew. */
async function removeParts(path: string): Promise<void> {
  for (const part of await listParts(path)) await rm(join(dirname(path), part), { force: true })
}

/** What `settle` answered; versions of before had one name for all parts and answered null. */
function partIn(state: unknown): string | undefined {
  const { part } = (state ?? {}) as { part?: unknown }
  return typeof part === 'string' ? basename(part) : undefined
}

class LocalUpload implements Upload {
  readonly leastPartBytes = 0
  readonly partsAtOnce = 1
  readonly #path: string
  readonly #part: string
  readonly #synced: boolean
  #file: FileHandle | undefined
  #bytes: number

  constructor({ path, part }: { path: string; part: string }, file: FileHandle, bytes: number, synced: boolean) {
    this.#path = path
    this.#part = part
    this.#file = file
    this.#bytes = bytes
    this.#synced = synced
  }

  async append({ pieces, release }: Part): Promise<void> {
    const length = bytesOf(pieces)
    let bytesWritten = await this.#write(pieces)
    if (bytesWritten < length) {
      const whole = Buffer.concat(pieces)
      while (bytesWritten < length) {
        const rest = await this.#file!.write(whole, bytesWritten, length - bytesWritten, this.#bytes + bytesWritten)
        bytesWritten += rest.bytesWritten
      }
    }
    this.#bytes += length
    release()
  }

  /** Answers how many bytes were taken: not all where the disk is full, which the next try says. */
  async #write(pieces: Uint8Array[]): Promise<number> {
    if (inPlace) return writevSync(this.#file!.fd, pieces, this.#bytes)
    return (await this.#file!.writev(pieces, this.#bytes)).bytesWritten
  }

  async settle(): Promise<{ part: string }> {
    if (this.#synced) await this.#file!.datasync()
    return { part: basename(this.#part) }
  }

  async *readBack(): AsyncIterable<Uint8Array> {
    const reader = new ChunkReader(this.#file!, true)
    try {
      for (let at = 0; at < this.#bytes; ) {
        reader.begin(at, this.#bytes - 1)
        const chunk = await reader.next()
        if (chunk.length === 0) throw new UploadLost(`${this.#part} has become shorter`)
        at += chunk.length
        yield chunk
      }
    } finally {
      await reader.close()
    }
  }

  async complete(): Promise<void> {
    await this.settle()
    await this.close()
    await rename(this.#part, this.#path)
    if (this.#synced) await syncFolder(dirname(this.#path))
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}

/**
 * Undefined where it cannot be had without following a link: neither the folder of the object nor the object may be one.
 * Throws SourceChanged where it is not of its version any more.
 */
function readSmall(root: string, { key, version }: StoredObject, start: number, end: number): Buffer | undefined {
  const [folder, name, ...deeper] = key.split('/')
  if (name === undefined || deeper.length > 0) return undefined
  const path = join(root, folder!)
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return undefined
  let file: number
  try {
    file = openSync(join(path, name), constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch {
    return undefined
  }
  try {
    if (versionOf(fstatSync(file)) !== version) throw missing(key, version)
    const piece = Buffer.allocUnsafe(end + 1 - start)
    const length = readSync(file, piece, 0, piece.length, start)
    return length === piece.length ? piece : undefined
  } finally {
    closeSync(file)
  }
}

/** Reads a file chunk by chunk, the next one while the last is worked on; lent chunks are written over by the one after. */
class ChunkReader {
  readonly #file: FileHandle
  readonly #lent: boolean
  #buffers: Buffer[] = []
  #reading: Promise<Buffer> = Promise.resolve(nothing)

  constructor(file: FileHandle, lent: boolean) {
    this.#file = file
    this.#lent = lent
  }

  /** At most up to `end`, inclusive. */
  begin(at: number, end: number): void {
    const length = Math.min(readBytes, end + 1 - at)
    this.#reading = length <= 0 ? Promise.resolve(nothing) : this.#read(at, length)
    // A failure is for whoever waits for the chunk; nobody may.
    this.#reading.catch(() => {})
  }

  /** Empty behind the end. */
  next(): Promise<Buffer> {
    return this.#reading
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const buffer = this.#buffer(length)
    const bytesRead = inPlace
      ? readSync(this.#file.fd, buffer, 0, length, at)
      : (await this.#file.read(buffer, 0, length, at)).bytesRead
    return bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead)
  }

  #buffer(length: number): Buffer {
    if (!this.#lent) return Buffer.allocUnsafeSlow(length)
    const buffer = this.#buffers.length < 2 ? lentBuffers.take() : this.#buffers.shift()!
    this.#buffers.push(buffer)
    return buffer
  }

  /** The last chunk must not be looked at any more. */
  async close(): Promise<void> {
    await this.#reading.catch(() => {})
    for (const buffer of this.#buffers) lentBuffers.giveBack(buffer)
    this.#buffers = []
  }
}

const nothing = Buffer.alloc(0)

async function makeFolder(path: string, synced: boolean): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (!synced || first === undefined) return
  // A new folder stands in the one above it.
  for (let above = dirname(path); above.length >= dirname(first).length; above = dirname(above)) await syncFolder(above)
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function versionOf({ size, mtimeMs, ino }: Stats): string {
  return `${size}-${mtimeMs}-${ino}`
}

/** A source that is not the one that was found has changed; a delivery that is not there was taken away. */
function missing(key: string, version: string | undefined): Error {
  return version === undefined
    ? new CloudRefused(`${basename(key)} is not there any more`)
    : new SourceChanged(`${basename(key)} has changed`)
}

function ifMissing<T>(value: T) {
  return (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return value
    throw error
  }
}

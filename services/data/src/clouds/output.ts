// The output of an export on its way to its store: a few parts at once, and checkpoints behind those that are stored, so that
// nothing waits for either as long as there is room for more.
import type { ExportedFile, ExportTask } from './cloud.ts'
import type { ConvertedChunk, Converting } from './converting.ts'
import type { Checkpoint, Source } from './export-dataset.ts'
import { bytesOf, type Upload } from './upload.ts'

const partBytes = 1024 * 1024

interface Appended {
  /** Where to go on once it and all before it are stored; none where there is nowhere. */
  place: Omit<Checkpoint, 'version' | 'upload'> | undefined
  isStored: boolean
}

interface Way {
  source: Source
  task: ExportTask
  upload: Upload
  conversion: Converting
  /** Where the upload goes on. */
  from: Checkpoint | undefined
}

export class Output {
  /** Bytes that were appended, of earlier runs too. */
  bytes: number
  readonly #way: Way
  readonly #sending = new Set<Promise<void>>()
  /** In their order, without those that are stored and have all before them stored. */
  #parts: Appended[] = []
  #stored = 0
  /** Of the last part that is stored with all before it. */
  #place: Appended['place']
  #saved: Checkpoint | undefined
  #savedAt = performance.now()
  #saving: Promise<void> | undefined
  #failure: { reason: unknown } | undefined
  #isRemembered: boolean

  constructor(way: Way) {
    this.#way = way
    this.#isRemembered = way.from !== undefined
    this.#saved = way.from
    this.bytes = way.from?.uploaded ?? 0
  }

  /** Of a part: a full one, or as little as the store will take where a checkpoint is overdue, since the source gives little. */
  get leastBytes(): number {
    const { upload, task } = this.#way
    const isOverdue = performance.now() - this.#savedAt >= task.saveEveryMilliseconds * 2
    return Math.max(upload.leastPartBytes, isOverdue ? 1 : partBytes)
  }

  /** Answers when the part is on its way. Where one before it failed, or its checkpoint, it says so. */
  async append({ blocks, state, checksum }: ConvertedChunk, cursor: string | null | undefined): Promise<void> {
    const { upload, conversion } = this.#way
    while (this.#sending.size >= upload.partsAtOnce) await Promise.race(this.#sending)
    this.#throwIfFailed()
    this.bytes += bytesOf(blocks)
    // Behind the last page there is nowhere to go on.
    const place =
      cursor === null ? undefined : { converter: state, cursor: cursor ?? null, uploaded: this.bytes, checksum }
    const part: Appended = { place, isStored: false }
    this.#parts.push(part)
    const sending: Promise<void> = upload
      .append({ pieces: blocks, release: () => conversion.giveBack(blocks) })
      .then(() => this.#store(part))
      .catch(error => this.#fail(error))
      .finally(() => this.#sending.delete(sending))
    this.#sending.add(sending)
  }

  /** All that was appended is stored; `file` is what it comes to. */
  async complete(file: ExportedFile): Promise<void> {
    const { task, upload } = this.#way
    await this.#untilStill()
    this.#throwIfFailed()
    task.signal.throwIfAborted()
    if (this.#saved) await task.save({ ...this.#saved, finished: file }, 1)
    await task.assertHeld()
    await upload.complete()
  }

  /** Nothing is written any more when it answers. */
  async close(): Promise<void> {
    await this.#untilStill()
    await this.#way.upload.close(this.#isRemembered)
  }

  async #untilStill(): Promise<void> {
    await Promise.all(this.#sending)
    while (this.#saving) await this.#saving
  }

  #store(part: Appended): void {
    part.isStored = true
    while (this.#parts[0]?.isStored) {
      this.#place = this.#parts.shift()!.place
      this.#stored++
    }
    this.#saveWhereDue()
  }

  #saveWhereDue(): void {
    const { saveEveryMilliseconds, saveEveryBytes } = this.#way.task
    const place = this.#place
    if (this.#saving || this.#failure || !place || place.uploaded === this.#saved?.uploaded) return
    const isDue =
      performance.now() - this.#savedAt >= saveEveryMilliseconds ||
      place.uploaded - (this.#saved?.uploaded ?? 0) >= saveEveryBytes
    if (!isDue) return
    this.#savedAt = performance.now()
    this.#saving = this.#save(place)
      .catch(error => this.#fail(error))
      .finally(() => {
        this.#saving = undefined
        this.#saveWhereDue()
      })
  }

  async #save(place: NonNullable<Appended['place']>): Promise<void> {
    const { source, task, upload } = this.#way
    const state = await upload.settle(this.#stored)
    const checkpoint = { ...place, version: source.version, upload: state }
    // Also where it fails, for it may stand all the same.
    this.#isRemembered = true
    await task.save(checkpoint, shareDone(source, place.converter.offset))
    this.#saved = checkpoint
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason }
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.reason
  }
}

function shareDone({ bytes, shareRead }: Source, offset: number): number {
  if (shareRead) return shareRead()
  return bytes === 0 ? 0 : Math.min(offset / bytes, 1)
}

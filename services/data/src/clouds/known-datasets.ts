// What is remembered of a dataset between one page and the next, so that its file need not be looked for again.
import type { PageHints } from './read-records.ts'

export interface KnownDataset<O> {
  object: O
  hints: PageHints
}

interface Remembered<O> extends KnownDataset<O> {
  marks: readonly (string | undefined)[]
  /** performance.now() */
  until: number
}

/** Marks of folders may be too coarse to tell two changes of one moment apart. */
const trustedForMilliseconds = 1_000
const knownAtMost = 1_000

export class KnownDatasets<O extends { key: string; version: string }> {
  readonly #known = new Map<string, Remembered<O>>()

  /** Undefined unless `marksNow`, those of the folders that were looked through, are as they were. */
  recall(name: string, marksNow: (count: number) => readonly (string | undefined)[]): KnownDataset<O> | undefined {
    const known = this.#known.get(name)
    if (known === undefined || known.until < performance.now()) return undefined
    const now = marksNow(known.marks.length)
    return known.marks.every((mark, at) => mark !== undefined && mark === now[at]) ? known : undefined
  }

  /** `marks` must have been read before the search began: what came while it was under way is not overlooked then. */
  remember(name: string, object: O, marks: readonly (string | undefined)[]): KnownDataset<O> {
    const before = this.#known.get(name)
    const isSame = before?.object.key === object.key && before.object.version === object.version
    const known = {
      object,
      hints: isSame ? before.hints : {},
      marks,
      until: performance.now() + trustedForMilliseconds,
    }
    this.#known.delete(name)
    this.#known.set(name, known)
    if (this.#known.size > knownAtMost) this.#known.delete(this.#known.keys().next().value!)
    return known
  }

  /** Its file is not what it was. */
  distrust(name: string): void {
    const known = this.#known.get(name)
    if (known) known.until = 0
  }
}

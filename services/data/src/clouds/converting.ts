// A conversion as an export sees it, on whatever thread it runs.
import type { Converted } from './conversion.ts'

export interface SourceChunk {
  bytes: Uint8Array
  /** Of the page behind this chunk; only for sources of pages, whose chunks end at a record's end. */
  cursor?: string | null
}

export interface ConvertedChunk extends Converted {
  /** Of the last chunk that it holds. */
  cursor?: string | null
}

export interface Finished extends Converted {
  /** Of all output, in hex. */
  sha256: string
}

/** Calls do not overlap. They throw FormatError for a broken source, perhaps a call later than the one that brought it. */
export interface Converting {
  /** Counts output that was written earlier, for the checksum. The bytes are good again when it answers; so with the next two. */
  sum(bytes: Uint8Array): Promise<void>
  /** Looks for the columns of CSV that is made of records. */
  scan(bytes: Uint8Array): Promise<void>
  /**
   * Answers output once so many bytes are there, or soon after, with the point of the source that it reaches to, which may
   * lie before the end of this chunk.
   */
  convert(chunk: SourceChunk, handOverAt: number): Promise<ConvertedChunk | undefined>
  /** The source has ended: the rest. */
  finish(): Promise<Finished>
  /** The blocks of what was answered: they are written over. */
  giveBack(blocks: Uint8Array[]): void
  close(): void
}

// Writing a file in parts so that it can go on after a crash: what S3 multipart uploads, Azure's staged blocks, Google's
// resumable uploads, a local .part file and rows of a database all can do.

export interface Part {
  pieces: Uint8Array[]
  /** To be called once the pieces are not read any more: they are written over. */
  release(): void
}

export const bytesOf = (pieces: Uint8Array[]) => pieces.reduce((sum, piece) => sum + piece.length, 0)

export interface Upload {
  /** The fewest bytes that a part may have, the last one apart; 0 where any will do. */
  readonly leastPartBytes: number
  /** So many calls of `append` may overlap. */
  readonly partsAtOnce: number
  /** Adds a part behind all that were given before; answers when it is stored. */
  append(part: Part): Promise<void>
  /**
   * Sees to it that the first so many parts of this run, all stored, outlive a crash; answers what `resume` needs to go on
   * behind them, as JSON.
   */
  settle(parts: number): Promise<unknown>
  /**
   * The bytes of all parts so far. Only of a store that gives them quicker than a processor sums them up: a run that goes on
   * reads them for their checksum, whose state is else kept with each checkpoint.
   */
  readBack?(): AsyncIterable<Uint8Array>
  /** Makes the whole file readable under its name, in one step; an older one there is replaced. */
  complete(): Promise<void>
  /**
   * Lets go of what this process holds open; what is durable stays, to be resumed or deleted. Where no checkpoint remembers the upload nobody
   * can go on with it.
   */
  close(isRemembered: boolean): Promise<void>
}

export interface UploadTarget {
  begin(): Promise<Upload>
  /** Goes on behind the first `bytes` bytes, forgetting what came after. Throws UploadLost where they are gone. */
  resume(state: unknown, bytes: number): Promise<Upload>
  /**
   * The first `bytes` bytes of what stands complete under the name: a run may be ended after it has completed its upload and
   * before it could say so. Absent where `resume` goes on all the same.
   */
  readComplete?(bytes: number): AsyncIterable<Uint8Array>
}

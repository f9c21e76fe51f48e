// Writing a file in parts so that it can go on after a crash: what S3 multipart uploads, Azure's staged blocks, Google's
// resumable uploads, a local .part file and rows of a database all can do.

export interface Upload {
  /** The fewest bytes that a part may have, the last one apart; 0 where any will do. */
  readonly leastPartBytes: number
  /** Adds a part, whose bytes are good until this answers. Calls do not overlap. */
  append(part: Uint8Array[]): Promise<void>
  /** Sees to it that all parts so far outlive a crash; answers what `resume` needs to go on behind them, as JSON. */
  settle(): Promise<unknown>
  /**
   * The bytes of all parts so far. Only of a store that gives them quicker than a processor sums them up: a run that goes on
   * reads them for their checksum, whose state is else kept with each checkpoint.
   */
  readBack?(): AsyncIterable<Uint8Array>
  /** Makes the whole file readable under its name, in one step; an older one there is replaced. */
  complete(): Promise<void>
  /** Lets go of what this process holds open; what is durable stays, to be resumed or deleted. */
  close(): Promise<void>
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

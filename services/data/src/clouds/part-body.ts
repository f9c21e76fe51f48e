// The pieces of a part on their way to a store: streamed from where they lie, so that nothing is joined, and no call of another
// waits until some MiB are copied.
import { Readable } from 'node:stream'
import { bytesOf, type Part } from './upload.ts'

export interface PartBody {
  /** In bytes. */
  length: number
  /** All of it from its beginning, for one try. */
  open(): Readable
  /** To be called where a try fails: it may still be sending the pieces when all else is done, so they are never written over. */
  spoil(): void
}

/** Releases the part when `send` has answered; where that throws, or has called `spoil`, it is left to the collector. */
export async function sendPart<T>({ pieces, release }: Part, send: (body: PartBody) => Promise<T>): Promise<T> {
  let isSpoilt = false
  const answer = await send({
    length: bytesOf(pieces),
    open: () => Readable.from(pieces, { objectMode: false }),
    spoil: () => {
      isSpoilt = true
    },
  })
  if (!isSpoilt) release()
  return answer
}

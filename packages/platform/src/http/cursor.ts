// Page cursors: opaque to the client, signed, so that nobody points a reader at a place of their own.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { refuseField } from './api-error.ts'

export interface Cursors {
  /** Makes a cursor of what the next page needs to know; `list` binds it to the list that gave it. */
  encode(list: string, position: unknown): string
  /** The position in a cursor that `encode` made for the same list; anything else throws VALIDATION_FAILED for `cursor`. */
  decode<T>(list: string, cursor: string): T
}

const signatureBytes = 12

/** `key`: 32 bytes, the same in every process that serves the list. */
export function createCursors(key: Buffer): Cursors {
  // Prepared once: making a key of bytes for each signature costs more than the signature.
  const secret = createSecretKey(key)
  const sign = (list: string, payload: Buffer) =>
    createHmac('sha256', secret).update(list).update('\0').update(payload).digest().subarray(0, signatureBytes)
  return {
    encode(list, position) {
      const payload = Buffer.from(JSON.stringify(position))
      return Buffer.concat([sign(list, payload), payload]).toString('base64url')
    },
    decode<T>(list: string, cursor: string) {
      const bytes = Buffer.from(cursor, 'base64url')
      const payload = bytes.subarray(signatureBytes)
      const genuine =
        bytes.length > signatureBytes && timingSafeEqual(bytes.subarray(0, signatureBytes), sign(list, payload))
      if (!genuine) throw refuseField('cursor', 'is none that this list gave; leave it out to begin at the first page')
      return JSON.parse(payload.toString()) as T
    },
  }
}

/** Cuts a page from rows of which one more than `limit` was read; the extra row only tells that there is a next page. */
export function cutPage<R>(
  rows: R[],
  limit: number,
  cursorOf: (last: R) => string,
): { rows: R[]; nextCursor: string | null } {
  if (rows.length <= limit) return { rows, nextCursor: null }
  const kept = rows.slice(0, limit)
  return { rows: kept, nextCursor: cursorOf(kept.at(-1)!) }
}

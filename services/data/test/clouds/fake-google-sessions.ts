// The resumable uploads of the fake of Google Cloud Storage: https://cloud.google.com/storage/docs/performing-resumable-uploads.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Answer, jsonAnswer, refusal } from './fake-google-answers.ts'
import type { FakeBucket, FakeObject } from './fake-google-bucket.ts'

interface Session {
  key: string
  parts: Buffer[]
  bytes: number
  done: FakeObject | undefined
}

const chunkMultiple = 256 * 1024

export class FakeSessions {
  /** Of each request; the real ones may take less than they are sent, too. */
  takenAtMost = Number.POSITIVE_INFINITY
  /** By all sessions, ever. */
  bytesTaken = 0
  readonly #bucket: FakeBucket
  readonly #sessions = new Map<string, Session>()

  constructor(bucket: FakeBucket) {
    this.#bucket = bucket
  }

  begin(key: string, url: string): Answer {
    const id = randomUUID()
    this.#sessions.set(id, { key, parts: [], bytes: 0, done: undefined })
    return jsonAnswer(200, {}, { Location: `${url}?uploadType=resumable&upload_id=${id}` })
  }

  /** How many are begun and not finished for keys that begin so. */
  unfinishedUnder(prefix: string): number {
    return [...this.#sessions.values()].filter(({ key, done }) => !done && key.startsWith(prefix)).length
  }

  /** As the real ones do after a week. */
  expire(): void {
    this.#sessions.clear()
  }

  answer({ method, headers }: IncomingMessage, id: string, body: Buffer): Answer {
    const session = this.#sessions.get(id)
    if (!session) return refusal(410, 'The upload session is gone.')
    if (method === 'DELETE') {
      this.#sessions.delete(id)
      return { status: 499, headers: {}, body: Buffer.alloc(0) }
    }
    if (session.done) return jsonAnswer(200, this.#bucket.describe(session.done))
    const [, from, to, total] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
    if (total === undefined) return refusal(400, 'Failed to parse Content-Range header.')
    if (from !== undefined) {
      if (Number(to) - Number(from) + 1 !== body.length) return refusal(400, 'The body is not what its range says.')
      if (total === '*' && body.length % chunkMultiple !== 0) {
        return refusal(400, 'There were chunks that are no multiple of 256 KiB.')
      }
      if (Number(from) > session.bytes) return refusal(503, 'Bytes before these are missing.')
      this.#keep(session, body.subarray(session.bytes - Number(from)).subarray(0, this.takenAtMost))
    }
    if (total !== '*' && Number(total) === session.bytes) return this.#finish(session)
    return this.#soFar(session)
  }

  #keep(session: Session, bytes: Buffer): void {
    session.parts.push(bytes)
    session.bytes += bytes.length
    this.bytesTaken += bytes.length
  }

  #finish(session: Session): Answer {
    session.done = this.#bucket.put(session.key, Buffer.concat(session.parts))
    session.parts = []
    return jsonAnswer(200, this.#bucket.describe(session.done))
  }

  #soFar({ bytes }: Session): Answer {
    const headers: Record<string, string> = bytes === 0 ? {} : { Range: `bytes=0-${bytes - 1}` }
    return { status: 308, headers, body: Buffer.alloc(0) }
  }
}

// Resumable uploads to Google: one session takes the bytes in order; nothing is seen before it has the last one.
import type { Bucket, Storage } from '@google-cloud/storage'
import { UploadLost } from './cloud-error.ts'
import { statusOf } from './google-connection.ts'
import type { GuardedCalls } from './guarded-calls.ts'
import { PartMemory } from './part-memory.ts'
import type { Part, Upload, UploadTarget } from './upload.ts'

/** Kept in our database and nowhere else: who has the address of a session can write to it, for a week. */
interface SessionState {
  uri: string
  sent: number
  /** Base64: bytes that are too few to be sent. */
  rest: string
}

interface Answer {
  /** Bytes that the session has got for good. */
  held: number
  finished: boolean
}

/** https://cloud.google.com/storage/docs/performing-resumable-uploads: all but the last bytes are sent in multiples of it. */
const multipleBytes = 256 * 1024
const incomplete = 308
/** Whoever ends an export waits for the end of its session, but not long. */
const givenUpMilliseconds = 3_000
/** Ended by us or by time. */
const goneStatuses = [404, 410, 499]

/**
 * Of one cloud. Google lists no sessions: those of this thread are remembered, checkpoints name those of others, and one that nobody knows
 * ends by itself in a week.
 */
export class GoogleUploads {
  readonly #calls: GuardedCalls
  readonly #bucket: Bucket
  /** Addresses by key. */
  readonly #open = new Map<string, string>()

  constructor(calls: GuardedCalls, bucket: Bucket) {
    this.#calls = calls
    this.#bucket = bucket
  }

  target(key: string, contentType: string): UploadTarget {
    return {
      begin: async () => {
        await this.#end(key)
        const file = this.#bucket.file(key)
        const [uri] = await this.#calls.call(() => file.createResumableUpload({ metadata: { contentType } }))
        return this.#upload(key, { uri, sent: 0, rest: '' })
      },
      resume: async (state, bytes) => {
        const known = state as SessionState
        const upload = this.#upload(key, known)
        const held = await upload.findHeld()
        if (held < known.sent || upload.bytes !== bytes) throw new UploadLost('the session has lost bytes')
        return upload
      },
    }
  }

  /** @param states of sessions that other threads or processes have begun there. */
  async endUnder(prefix: string, states: unknown[]): Promise<void> {
    for (const state of states) await this.#endSession((state as SessionState).uri)
    for (const key of this.#open.keys()) if (key.startsWith(prefix)) await this.#end(key)
  }

  async #end(key: string, within?: AbortSignal): Promise<void> {
    const uri = this.#open.get(key)
    if (uri === undefined) return
    await this.#endSession(uri, within)
    this.#open.delete(key)
  }

  /** One that is finished or gone stays as it is. */
  async #endSession(url: string, within?: AbortSignal): Promise<void> {
    const { authClient } = this.#bucket.storage
    // Google answers 499 where it was open, and other refusals where there is nothing left to end.
    const validateStatus = (status: number) => status < 500
    const end = (signal: AbortSignal) => authClient.request({ url, method: 'DELETE', signal, validateStatus })
    await this.#calls.call(end, { signal: within })
  }

  #upload(key: string, state: SessionState): GoogleUpload {
    this.#open.set(key, state.uri)
    const session = new Session(this.#calls, this.#bucket.storage, state.uri)
    return new GoogleUpload(session, state, {
      completed: () => void this.#open.delete(key),
      givenUp: () => this.#end(key, AbortSignal.timeout(givenUpMilliseconds)),
    })
  }
}

/**
 * Requests are made with the SDK's authorized client: its write stream can neither be given up while an answer is waited
 * for, nor does it tell how far a session came.
 */
class Session {
  held = 0
  finished = false
  readonly #calls: GuardedCalls
  readonly #storage: Storage
  readonly #uri: string

  constructor(calls: GuardedCalls, storage: Storage, uri: string) {
    this.#calls = calls
    this.#storage = storage
    this.#uri = uri
  }

  /** Finds out how far it came. */
  async ask(): Promise<void> {
    await this.#put('bytes */*')
  }

  /**
   * `bytes` begin at `start` of the file; of these, what it holds already is not sent again.
   *
   * @param onFailedTry called where a try may still be sending them when all else is done.
   */
  async send(bytes: Buffer, start: number, total: number | '*', onFailedTry?: () => void): Promise<void> {
    const end = start + bytes.length
    while (this.held < end) {
      const { held } = this
      await this.#put(`bytes ${held}-${end - 1}/${total}`, { body: bytes.subarray(held - start), onFailedTry })
      if (this.held <= held) throw new UploadLost('the session takes no more bytes')
    }
  }

  async finish(total: number): Promise<void> {
    if (!this.finished && this.held === total) await this.#put(`bytes */${total}`)
    if (!this.finished || this.held !== total) throw new UploadLost(`${this.held} bytes came, not ${total}`)
  }

  /** Sending what it holds already does no harm: a try whose answer was lost is made again as it was. */
  async #put(
    contentRange: string,
    { body, onFailedTry }: { body?: Buffer; onFailedTry?: () => void } = {},
  ): Promise<void> {
    const options = { timeoutMilliseconds: this.#calls.patience.partMilliseconds, onFailedTry }
    const answer = await this.#calls.call(signal => this.#putOnce(contentRange, body, signal), options)
    this.held = answer.held
    this.finished = answer.finished
  }

  async #putOnce(contentRange: string, body: Buffer | undefined, signal: AbortSignal): Promise<Answer> {
    try {
      const { status, headers, data } = await this.#storage.authClient.request<{ size: string }>({
        ...{ url: this.#uri, method: 'PUT', signal, data: body },
        headers: { 'Content-Range': contentRange },
        validateStatus: code => (code >= 200 && code < 300) || code === incomplete,
      })
      if (status !== incomplete) return { held: Number(data.size), finished: true }
      // `bytes=0-262143`, and none where nothing is held.
      const last = /-(\d+)$/.exec(headers.get('range') ?? '')?.[1]
      return { held: last === undefined ? 0 : Number(last) + 1, finished: false }
    } catch (error) {
      throw goneStatuses.includes(statusOf(error) ?? 0) ? new UploadLost('the session is gone') : error
    }
  }
}

interface Ends {
  completed(): void
  /** Nobody can go on with it. */
  givenUp(): Promise<void>
}

class GoogleUpload implements Upload {
  readonly leastPartBytes = 4 * 1024 * 1024
  readonly partsAtOnce = 1
  readonly #memory = new PartMemory()
  readonly #session: Session
  readonly #uri: string
  readonly #ends: Ends
  #sent: number
  #rest: Buffer
  #parts = 0
  #isComplete = false
  /** After each of the last two parts: one may be stored while the state behind the other is asked for. */
  #states: { parts: number; sent: number; rest: Buffer }[] = []

  constructor(session: Session, { uri, sent, rest }: SessionState, ends: Ends) {
    this.#session = session
    this.#uri = uri
    this.#ends = ends
    this.#sent = sent
    this.#rest = Buffer.from(rest, 'base64')
  }

  get bytes(): number {
    return this.#sent + this.#rest.length
  }

  /** Bytes that the session has got, as it says; to be asked for before it is gone on with. */
  async findHeld(): Promise<number> {
    await this.#session.ask()
    return this.#session.held
  }

  async append({ pieces, release }: Part): Promise<void> {
    await this.#memory.lend([this.#rest, ...pieces], async (whole, spoil) => {
      release()
      const length = whole.length - (whole.length % multipleBytes)
      await this.#session.send(whole.subarray(0, length), this.#sent, '*', spoil)
      this.#sent += length
      this.#rest = Buffer.from(whole.subarray(length))
      const state = { parts: ++this.#parts, sent: this.#sent, rest: this.#rest }
      this.#states = [...this.#states.slice(-1), state]
    })
  }

  async settle(parts: number): Promise<SessionState> {
    const { sent, rest } = this.#states.find(state => state.parts === parts)!
    return { uri: this.#uri, sent, rest: rest.toString('base64') }
  }

  async complete(): Promise<void> {
    await this.#session.send(this.#rest, this.#sent, this.bytes)
    await this.#session.finish(this.bytes)
    this.#isComplete = true
    this.#ends.completed()
  }

  async close(isRemembered: boolean): Promise<void> {
    if (isRemembered || this.#isComplete) return
    // What is in the way of that is in the way of the export, too, which has said so; the session ends by itself in a week.
    await this.#ends.givenUp().catch(() => {})
  }
}

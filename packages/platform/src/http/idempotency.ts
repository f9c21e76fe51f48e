// A request that is sent twice has one effect and one answer: the answer is kept in the transaction of the effect.
import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Clock } from '../clock/index.ts'
import { type AnyTx, type Database, isUniqueViolation, prepared, type Tx } from '../db/index.ts'
import { refuse } from './api-error.ts'

interface KeyRow {
  user_id: string
  operation: string
  idempotency_key: string
  body_hash: string
  status: number
  headers: string
  body: string
  expires_at: number
}
export interface IdempotencyTable {
  idempotency_keys: KeyRow
}

/** An answer as it left: status, the headers of its own and the body's text. */
export interface KeptAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

const livesMilliseconds = 24 * 3_600_000
const keyPattern = /^[\x20-\x7e]{1,255}$/

/** One request under its key. */
export interface KeyedRequest {
  /**
   * The first answer, where there is one: it is to be replayed. To be asked before the work, and after it failed: another
   * instance may have been quicker. Throws IDEMPOTENCY_KEY_REUSED where the first request had another body.
   */
  firstAnswer(): Promise<KeptAnswer | undefined>
  keep(tx: AnyTx, answer: KeptAnswer): Promise<void>
  end(): void
}

/** The Idempotency-Key header of one service (draft-ietf-httpapi-idempotency-key-header): keys belong to a user and an operation. */
export class IdempotencyKeys {
  readonly #database: Database<IdempotencyTable>
  readonly #clock: Clock
  /** Body hashes of the requests that this process is working on. */
  readonly #running = new Map<string, string>()

  constructor(database: Database<IdempotencyTable>, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Throws IDEMPOTENCY_KEY_REUSED for another body and IDEMPOTENCY_IN_PROGRESS while the first request runs here. */
  begin(userId: string, operation: string, key: string, body: unknown): KeyedRequest {
    if (!keyPattern.test(key)) {
      throw refuse('VALIDATION_FAILED', 'Idempotency-Key must be 1–255 printable ASCII characters', {
        errors: [{ field: 'Idempotency-Key', message: 'must be 1–255 printable ASCII characters' }],
      })
    }
    const hash = createHash('sha256')
      .update(canonicalize(body) ?? '')
      .digest('hex')
    const slot = `${userId} ${operation} ${key}`
    const running = this.#running.get(slot)
    if (running !== undefined) {
      if (running !== hash) throw reused()
      throw refuse(
        'IDEMPOTENCY_IN_PROGRESS',
        'the first request with this key is still running: ask again in a moment',
        {
          headers: { 'Retry-After': '1' },
        },
      )
    }
    this.#running.set(slot, hash)
    const end = () => this.#running.delete(slot)
    return {
      firstAnswer: async () => {
        const row = await this.#find(userId, operation, key)
        if (row && row.body_hash !== hash) throw reused()
        return row && { status: row.status, headers: JSON.parse(row.headers), body: row.body }
      },
      keep: (tx, answer) => this.#keep(tx as Tx<IdempotencyTable>, { userId, operation, key, hash }, answer),
      end,
    }
  }

  /** Keeps an answer that changed nothing else; false where another instance was quicker and its answer stands. */
  async keepAlone(request: KeyedRequest, answer: KeptAnswer): Promise<boolean> {
    try {
      await this.#database.transaction(tx => request.keep(tx, answer))
      return true
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      return false
    }
  }

  /** Answers how many it removed. */
  removeExpired(atMost: number): Promise<number> {
    return this.#database.transaction(async tx => {
      const expired = await tx
        .selectFrom('idempotency_keys')
        .select(['user_id', 'operation', 'idempotency_key'])
        .where('expires_at', '<=', this.#clock.now())
        .orderBy('expires_at')
        .limit(atMost)
        .execute()
      for (const { user_id, operation, idempotency_key } of expired) {
        await expiredKey.run(tx, { user_id, operation, idempotency_key })
      }
      return expired.length
    })
  }

  #find(userId: string, operation: string, key: string): Promise<KeyRow | undefined> {
    return this.#database.db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('user_id', '=', userId)
      .where('operation', '=', operation)
      .where('idempotency_key', '=', key)
      .where('expires_at', '>', this.#clock.now())
      .executeTakeFirst()
  }

  async #keep(
    tx: Tx<IdempotencyTable>,
    of: { userId: string; operation: string; key: string; hash: string },
    answer: KeptAnswer,
  ): Promise<void> {
    const now = this.#clock.now()
    await tx
      .deleteFrom('idempotency_keys')
      .where('user_id', '=', of.userId)
      .where('operation', '=', of.operation)
      .where('idempotency_key', '=', of.key)
      .where('expires_at', '<=', now)
      .execute()
    await tx
      .insertInto('idempotency_keys')
      .values({
        user_id: of.userId,
        operation: of.operation,
        idempotency_key: of.key,
        body_hash: of.hash,
        status: answer.status,
        headers: JSON.stringify(answer.headers),
        body: answer.body,
        expires_at: now + livesMilliseconds,
      })
      .execute()
  }
}

const expiredKey = prepared(
  (db: Database<IdempotencyTable>['db'], of: Pick<KeyRow, 'user_id' | 'operation' | 'idempotency_key'>) =>
    db
      .deleteFrom('idempotency_keys')
      .where('user_id', '=', of.user_id)
      .where('operation', '=', of.operation)
      .where('idempotency_key', '=', of.idempotency_key),
)

function reused() {
  return refuse(
    'IDEMPOTENCY_KEY_REUSED',
    'this Idempotency-Key was used with another body: take a new key for a new request',
  )
}

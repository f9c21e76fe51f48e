// Facts are written where they become true and published after the commit; what a crash leaves behind is swept up.
import type { AnyCloudEvent, EventFacts, EventType } from '@waybill/contracts'
import type { Clock } from '../clock/index.ts'
import { type AnyTx, afterCommit, type Database, insertRow, type Tx } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import type { Broker } from './broker.ts'
import { newEvent } from './event.ts'

export interface OutboxTable {
  outbox: { id: string; message: string; created_at: number }
}

const sweepMilliseconds = 1_000
/** A row younger than this is on its way from memory; older ones were left behind by a crash or a broker that was down. */
const leftBehindMilliseconds = 3_000
const sweepAtMost = 500
const forgetMilliseconds = 20

/** The outbox of one service. `add` belongs to the transaction that makes the fact true. */
export class Outbox {
  readonly #database: Database<OutboxTable>
  readonly #broker: Broker
  readonly #clock: Clock
  readonly #log: Logger
  readonly #inFlight = new Set<string>()
  readonly #publishing = new Set<Promise<void>>()
  #confirmed: string[] = []
  #forgetting: NodeJS.Timeout | undefined
  #sweeping: NodeJS.Timeout | undefined

  constructor(database: Database<OutboxTable>, options: { broker: Broker; clock: Clock; log: Logger }) {
    this.#database = database
    this.#broker = options.broker
    this.#clock = options.clock
    this.#log = options.log
  }

  async add<K extends EventType>(tx: AnyTx, type: K, subject: string, data: EventFacts[K]): Promise<void> {
    const now = this.#clock.now()
    const event = newEvent(type, subject, data, now)
    await insertRow(tx as Tx<OutboxTable>, 'outbox', { id: event.id, message: JSON.stringify(event), created_at: now })
    afterCommit(tx, () => this.#publish(event))
  }

  /** Publishes what was left behind, then goes on looking for such. Consumers must be subscribed by now. */
  async start(): Promise<void> {
    await this.#sweep(Number.MAX_SAFE_INTEGER)
    const again = () => {
      this.#sweeping = setTimeout(() => {
        this.#sweep(this.#clock.now() - leftBehindMilliseconds)
          .catch(error => this.#log.error({ err: error }, 'the outbox could not be swept'))
          .finally(() => this.#sweeping && again())
      }, sweepMilliseconds)
    }
    again()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#sweeping)
    this.#sweeping = undefined
    await Promise.allSettled(this.#publishing)
    clearTimeout(this.#forgetting)
    await this.#forget()
  }

  /** How many facts wait, and how old the oldest is (ms). */
  async backlog(): Promise<{ waiting: number; oldest: number }> {
    const row = await this.#database.db
      .selectFrom('outbox')
      .select(eb => [eb.fn.countAll<number>().as('waiting'), eb.fn.min('created_at').as('oldest')])
      .executeTakeFirstOrThrow()
    return { waiting: row.waiting, oldest: row.oldest === null ? 0 : this.#clock.now() - row.oldest }
  }

  #publish(event: AnyCloudEvent): void {
    this.#inFlight.add(event.id)
    const publishing = this.#broker
      .publish(event)
      .then(
        () => {
          this.#confirmed.push(event.id)
          this.#forgetting ??= setTimeout(() => this.#forgetSoon(), forgetMilliseconds)
        },
        error => {
          // Stays in the outbox: the sweeper publishes it again.
          this.#inFlight.delete(event.id)
          this.#log.warn(
            { err: error, event_id: event.id, event_type: event.type },
            'an event was not taken by the broker',
          )
        },
      )
      .finally(() => this.#publishing.delete(publishing))
    this.#publishing.add(publishing)
  }

  #forgetSoon(): void {
    this.#forget().catch(error => this.#log.error({ err: error }, 'published events could not be forgotten'))
  }

  async #forget(): Promise<void> {
    this.#forgetting = undefined
    const ids = this.#confirmed.splice(0, sweepAtMost)
    if (ids.length === 0) return
    try {
      await this.#database.transaction(tx => tx.deleteFrom('outbox').where('id', 'in', ids).execute())
    } finally {
      for (const id of ids) this.#inFlight.delete(id)
    }
    if (this.#confirmed.length > 0) await this.#forget()
  }

  async #sweep(before: number): Promise<void> {
    const rows = await this.#database.db
      .selectFrom('outbox')
      .select(['id', 'message'])
      .where('created_at', '<', before)
      .orderBy('created_at')
      .limit(sweepAtMost)
      .execute()
    for (const { id, message } of rows) {
      if (!this.#inFlight.has(id)) this.#publish(JSON.parse(message) as AnyCloudEvent)
    }
  }
}

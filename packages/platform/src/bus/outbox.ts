// Facts are written where they become true and published after the commit; what a crash leaves behind is swept up.
import type { AnyCloudEvent, EventFacts, EventType } from '@waybill/contracts'
import type { Clock } from '../clock/index.ts'
import { type AnyTx, afterCommit, type Database, insertRow, prepared, SharedClock, type Tx } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import type { Broker } from './broker.ts'
import { newEvent } from './event.ts'
import { within } from './within.ts'

export interface OutboxTable {
  outbox: { id: string; message: string; created_at: number }
}

const sweepMilliseconds = 1_000
/** The second look comes sooner: what a crash left behind moves again soon after a start. */
const secondLookMilliseconds = 250
/** A row younger than this is on its way from some instance's memory; older ones were left behind by a crash or a broker that was down. */
const leftBehindMilliseconds = 3_000
const sweepAtMost = 500
/** Rows that the broker has are in nobody's way: the longer they wait, the more go in one statement. */
const forgetMilliseconds = 150
/** A broker that does not answer must not keep the process from ending: what is not confirmed stays in the outbox. */
const stopWithinMilliseconds = 3_000

/** The outbox of one service. `add` belongs to the transaction that makes the fact true. */
export class Outbox {
  readonly #database: Database<OutboxTable>
  readonly #broker: Broker
  readonly #clock: Clock
  readonly #log: Logger
  readonly #published: (type: string) => void
  readonly #time: SharedClock
  readonly #inFlight = new Set<string>()
  readonly #publishing = new Set<Promise<void>>()
  #confirmed: string[] = []
  #forgetting: NodeJS.Timeout | undefined
  #nextSweep: NodeJS.Timeout | undefined
  #sweep: Promise<void> = Promise.resolve()
  #startedAt = 0
  /** What the sweep before has seen; undefined before the first. */
  #seen: Set<string> | undefined

  /** `published` is told the type of each event that the broker has confirmed. */
  constructor(
    database: Database<OutboxTable>,
    options: { broker: Broker; clock: Clock; log: Logger; published?: (type: string) => void },
  ) {
    this.#database = database
    this.#broker = options.broker
    this.#clock = options.clock
    this.#log = options.log
    this.#published = options.published ?? (() => {})
    this.#time = new SharedClock(database)
  }

  async add<K extends EventType>(tx: AnyTx, type: K, subject: string, data: EventFacts[K]): Promise<void> {
    const now = this.#clock.now()
    const event = newEvent(type, subject, data, now)
    await insertRow(tx as Tx<OutboxTable>, 'outbox', { id: event.id, message: JSON.stringify(event), created_at: now })
    afterCommit(tx, () => this.#publish(event))
  }

  /** Looks for what was left behind, from now on again and again. Consumers must be subscribed by now. */
  async start(): Promise<void> {
    await this.#time.read()
    this.#startedAt = this.#clock.now()
    this.#sweepIn(0)
  }

  async stop(): Promise<void> {
    clearTimeout(this.#nextSweep)
    this.#nextSweep = undefined
    await within(stopWithinMilliseconds, Promise.all([this.#sweep, Promise.allSettled(this.#publishing)]))
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
          this.#published(event.type)
          this.#confirmed.push(event.id)
          this.#forgetting ??= setTimeout(() => this.#forgetSoon(), forgetMilliseconds)
        },
        error => {
          // Stays in the outbox: a sweep publishes it again, and says so where it cannot.
          this.#inFlight.delete(event.id)
          this.#log.debug({ err: error, event_id: event.id }, 'an event was not taken by the broker')
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
      await this.#database.transaction(tx => Promise.all(ids.map(id => forgotten.run(tx, { id }))), forgetting)
    } finally {
      for (const id of ids) this.#inFlight.delete(id)
    }
    if (this.#confirmed.length > 0) await this.#forget()
  }

  #sweepIn(milliseconds: number): void {
    this.#nextSweep = setTimeout(() => {
      const isFirst = this.#seen === undefined
      this.#sweep = this.#publishLeftBehind()
        .catch(error => {
          this.#log.warn({ err: error }, 'the outbox could not be swept, the next sweep comes soon')
          return 0
        })
        .then(published => {
          const pause = isFirst ? secondLookMilliseconds : sweepMilliseconds
          // A full load means that there is more.
          if (this.#nextSweep) this.#sweepIn(published === sweepAtMost ? 0 : pause)
        })
    }, milliseconds)
  }

  /** Answers how many events the broker took. */
  async #publishLeftBehind(): Promise<number> {
    const rows = await this.#database.db
      .selectFrom('outbox')
      .select(['id', 'created_at'])
      .orderBy('created_at')
      .limit(sweepAtMost)
      .execute()
    // A process that has a SQLite file to itself knows at its start that nobody has these in memory; what it has written itself
    // since then can be read a moment before it is told, for its commit waits for the disk.
    const isAlone = this.#database.engine === 'sqlite' && this.#seen === undefined
    const before = this.#time.now() - leftBehindMilliseconds
    // Seen twice counts too: the clock of the machine that wrote a row may have been ahead.
    const ids = rows
      .filter(
        ({ id, created_at }) => (isAlone && created_at < this.#startedAt) || created_at < before || this.#seen?.has(id),
      )
      .map(({ id }) => id)
      .filter(id => !this.#inFlight.has(id))
    this.#seen = new Set(rows.map(({ id }) => id))
    if (ids.length === 0) return 0
    return this.#database.engine === 'mysql' ? this.#publishWhatIsFree(ids) : this.#publishThese(ids)
  }

  /** Instances share the work: who locks a row publishes it, and a lock goes with its holder. */
  #publishWhatIsFree(ids: string[]): Promise<number> {
    return this.#database.db.transaction().execute(async tx => {
      const rows = tx.selectFrom('outbox').select('message').where('id', 'in', ids).forUpdate().skipLocked()
      const taken = await this.#publishAll(await rows.execute())
      // While they are locked, or another instance would publish them again; one by one, so that no row of others is waited for.
      for (const id of taken) await forgotten.run(tx, { id })
      return taken.length
    })
  }

  async #publishThese(ids: string[]): Promise<number> {
    const rows = this.#database.db.selectFrom('outbox').select('message').where('id', 'in', ids)
    const taken = await this.#publishAll(await rows.execute())
    for (const id of taken) this.#inFlight.add(id)
    this.#confirmed.push(...taken)
    await this.#forget()
    return taken.length
  }

  /** Answers the ids of those that the broker took. */
  async #publishAll(rows: { message: string }[]): Promise<string[]> {
    const [first, ...others] = rows.map(({ message }) => JSON.parse(message) as AnyCloudEvent)
    if (!first) return []
    try {
      // Where the broker does not take one, the others are spared it.
      await this.#broker.publish(first)
    } catch (error) {
      this.#log.warn({ err: error, waiting: rows.length }, 'events wait in the outbox: the broker does not take them')
      return []
    }
    const outcomes = await Promise.allSettled(others.map(event => this.#broker.publish(event)))
    const taken = [first, ...others.filter((_, at) => outcomes[at]!.status === 'fulfilled')]
    for (const { type } of taken) this.#published(type)
    return taken.map(({ id }) => id)
  }
}

/** Nobody else touches these rows. */
const forgetting = 'published events'
const forgotten = prepared(
  (db: Database<OutboxTable>['db'], { id }: { id: string }) => db.deleteFrom('outbox').where('id', '=', id),
  {
    by: 'id',
    unasked: true,
  },
)

// Handles each message once: the inbox row and the effect share a transaction. What fails is tried again, then kept for a person.
import {
  type AnyCloudEvent,
  type CloudEvent,
  cloudEventSchema,
  type EventType,
  eventCatalogue,
} from '@waybill/contracts'
import { uuidv7 } from 'uuidv7'
import type { Clock } from '../clock/index.ts'
import {
  type AnyTx,
  type Database,
  DatabaseUnavailable,
  insertRow,
  type Timer,
  type Timers,
  type Tx,
} from '../db/index.ts'
import { acceptTraceparent, type Logger, withContext } from '../log/index.ts'
import type { Broker } from './broker.ts'

export interface ConsumerTables {
  inbox: { message_id: string; handled_at: number }
  dead_letters: DeadLetterRow
  recovered_messages: RecoveredMessageRow
}
export interface DeadLetterRow {
  id: string
  event_id: string
  event_type: string
  /** What it is about; null in rubbish that does not say, and in rows of versions from before it was kept. */
  subject: string | null
  message: string
  error: string
  tries: number
  /** null once nobody but a person will try it again. */
  next_try_at: number | null
  created_at: number
  updated_at: number
}

/** A message that was handled, but not at its first try. */
export interface RecoveredMessageRow {
  /** That of its dead letter. */
  id: string
  event_type: string
  subject: string | null
  request_id: string | null
  /** Of the last try that failed. */
  error: string
  /** Which try succeeded. */
  tries: number
  /** When the first try failed. */
  failed_at: number
  handled_at: number
}

/** A business operation that an event sets off; safe to run again after a rollback. */
export type EventHandler<T, K extends EventType> = (tx: Tx<T>, event: CloudEvent<K>) => Promise<void>
export type EventHandlers<T> = { [K in EventType]?: EventHandler<T, K> }

/** Milliseconds before the second, third, fourth and fifth try. */
const delays = [1_000, 5_000, 25_000, 120_000]
const triesAtMost = delays.length + 1
/** Of one thing: who has more has one trouble, not many. */
const listedAtMost = 100
const redelivery = 'redeliver-event'
const rememberedMilliseconds = 7 * 24 * 3_600_000

/** The consuming side of one service. */
export class Consumer<T> {
  readonly #service: string
  readonly #database: Database<ConsumerTables>
  readonly #timers: Timers
  readonly #clock: Clock
  readonly #log: Logger
  #handlers: EventHandlers<T> = {}

  constructor(service: string, database: Database<T>, options: { timers: Timers; clock: Clock; log: Logger }) {
    this.#service = service
    this.#database = database as unknown as Database<ConsumerTables>
    this.#timers = options.timers
    this.#clock = options.clock
    this.#log = options.log
  }

  subscribe(broker: Broker, handlers: EventHandlers<T>): void {
    this.#handlers = handlers
    broker.subscribe(this.#service, Object.keys(handlers) as EventType[], {
      deliver: event => this.deliver(event),
      bury: event => this.bury(event),
    })
    this.#timers.handle(redelivery, timer => this.#redeliver(timer), { concurrency: 8 })
  }

  /** Resolves when the message is handled, was handled before, or is kept to be tried again; rejects when none could be committed. */
  deliver(event: AnyCloudEvent): Promise<void> {
    return withContext(contextOf(event), async () => {
      const wrong = whatIsWrongWith(event)
      if (wrong) return this.#keep(event, `not understood: ${wrong}`, triesAtMost)
      try {
        await this.#database.transaction(tx => this.#handle(tx, event), event.subject)
      } catch (error) {
        // Not the message's fault, and there is no place to keep it in: the broker brings it again.
        if (error instanceof DatabaseUnavailable) throw error
        this.#log.warn(
          { err: error, event_id: event.id, event_type: event.type },
          'an event could not be handled, it is tried again',
        )
        await this.#keep(event, String(error), 1)
      }
    })
  }

  /** Keeps for a person what the broker handed out again and again and nobody ever took, perhaps because it ends who handles it. */
  async bury(event: AnyCloudEvent): Promise<void> {
    await withContext(contextOf(event), async () => {
      // Every one of its acknowledgements may have been lost: what was handled is not dead.
      if (await this.#wasHandled(event)) return
      await this.#keep(event, 'given up by the broker: it was handed out again and again and never taken', triesAtMost)
    })
  }

  /** Forgets which messages were handled at a later try so long ago that nobody asks any more; answers how many. */
  forgetRecovered(atMost: number): Promise<number> {
    return this.#database.transaction(async tx => {
      const old = await tx
        .selectFrom('recovered_messages')
        .select('id')
        .where('handled_at', '<', this.#clock.now() - rememberedMilliseconds)
        .orderBy('handled_at')
        .limit(atMost)
        .execute()
      const ids = old.map(row => row.id)
      if (ids.length > 0) await tx.deleteFrom('recovered_messages').where('id', 'in', ids).execute()
      return ids.length
    })
  }

  /** Forgets which messages were handled so long ago that none of them comes again; answers how many. */
  forgetHandled(atMost: number): Promise<number> {
    return this.#database.transaction(async tx => {
      const old = await tx
        .selectFrom('inbox')
        .select('message_id')
        .where('handled_at', '<', this.#clock.now() - rememberedMilliseconds)
        .orderBy('handled_at')
        .limit(atMost)
        .execute()
      const ids = old.map(row => row.message_id)
      if (ids.length > 0) await tx.deleteFrom('inbox').where('message_id', 'in', ids).execute()
      return ids.length
    })
  }

  /** The messages that wait for a person, newest first. */
  listDead(limit: number, beforeId: string | undefined): Promise<DeadLetterRow[]> {
    let query = this.#database.db.selectFrom('dead_letters').selectAll().where('next_try_at', 'is', null)
    if (beforeId) query = query.where('id', '<', beforeId)
    return query.orderBy('id', 'desc').limit(limit).execute()
  }

  /** Hands a dead letter to its handler once more, soon; undefined where there is none. */
  replay(id: string): Promise<DeadLetterRow | undefined> {
    const now = this.#clock.now()
    return this.#database.transaction(async tx => {
      await tx
        .updateTable('dead_letters')
        .set({ next_try_at: now, updated_at: now })
        .where('id', '=', id)
        .where('next_try_at', 'is', null)
        .execute()
      const row = await findDeadLetter(tx, id)
      if (row) await this.#timers.schedule(tx, redelivery, id, now)
      return row
    })
  }

  /** The messages about a thing that failed and will be tried again, and those that wait for a person; oldest first. */
  listAbout(subject: string): Promise<DeadLetterRow[]> {
    const about = this.#database.db.selectFrom('dead_letters').selectAll().where('subject', '=', subject)
    return about.orderBy('id').limit(listedAtMost).execute()
  }

  /** The messages about a thing that were handled at a later try; oldest first. */
  listRecovered(subject: string): Promise<RecoveredMessageRow[]> {
    const about = this.#database.db.selectFrom('recovered_messages').selectAll().where('subject', '=', subject)
    return about.orderBy('id').limit(listedAtMost).execute()
  }

  /** Makes what waits to be tried again about a thing due now, its tries counted as before; answers the types of those events. */
  hastenAbout(subject: string): Promise<string[]> {
    return this.#database.transaction(async tx => {
      const now = this.#clock.now()
      const waiting = await tx
        .selectFrom('dead_letters')
        .select(['id', 'event_type'])
        .where('subject', '=', subject)
        .where('next_try_at', '>', now)
        .execute()
      const hastened: string[] = []
      for (const { id, event_type } of waiting) {
        if (!(await this.#timers.hasten(tx, redelivery, id))) continue
        await tx
          .updateTable('dead_letters')
          .set({ next_try_at: now })
          .where('id', '=', id)
          .where('next_try_at', '>', now)
          .execute()
        hastened.push(event_type)
      }
      return hastened
    })
  }

  countDead(): Promise<number> {
    return this.#count('is')
  }

  /** The messages that failed and will be tried again. */
  countWaiting(): Promise<number> {
    return this.#count('is not')
  }

  async #count(operator: 'is' | 'is not'): Promise<number> {
    const row = await this.#database.db
      .selectFrom('dead_letters')
      .select(eb => eb.fn.countAll<number>().as('count'))
      .where('next_try_at', operator, null)
      .executeTakeFirstOrThrow()
    return row.count
  }

  /** False where it was handled before. */
  async #handle(tx: Tx<ConsumerTables>, event: AnyCloudEvent): Promise<boolean> {
    const row = { message_id: event.id, handled_at: this.#clock.now() }
    if ((await insertRow(tx, 'inbox', row, { orIgnore: true })) === 0n) return false
    const handler = this.#handlers[event.type] as ((tx: AnyTx, event: AnyCloudEvent) => Promise<void>) | undefined
    await handler?.(tx, event)
    return true
  }

  async #wasHandled(event: AnyCloudEvent): Promise<boolean> {
    const id = String(event?.id ?? '')
    const query = this.#database.db.selectFrom('inbox').select('message_id').where('message_id', '=', id)
    return (await query.executeTakeFirst()) !== undefined
  }

  async #keep(event: AnyCloudEvent, error: string, tries: number): Promise<void> {
    const now = this.#clock.now()
    const nextTry = nextTryAfter(tries, now)
    const row: DeadLetterRow = {
      id: uuidv7(),
      event_id: String(event?.id ?? uuidv7()).slice(0, 64),
      event_type: String(event?.type ?? 'unknown').slice(0, 100),
      subject: typeof event?.subject === 'string' ? event.subject.slice(0, 100) : null,
      message: JSON.stringify(event ?? null),
      error: error.slice(0, 2_000),
      tries,
      next_try_at: nextTry,
      created_at: now,
      updated_at: now,
    }
    await this.#database.transaction(async tx => {
      // A message that is kept already came twice; the row that stands has its next try.
      const inserted = await insertRow(tx, 'dead_letters', row, { orIgnore: true })
      if (inserted !== 0n && nextTry !== null) {
        await this.#timers.schedule(tx, redelivery, row.id, nextTry)
      }
    })
    if (nextTry === null)
      this.#log.error({ event_id: row.event_id, event_type: row.event_type, error }, 'an event is dead')
  }

  async #redeliver(timer: Timer): Promise<void> {
    const row = await findDeadLetter(this.#database.db, timer.subject)
    if (!row || row.next_try_at === null) return
    const event = JSON.parse(row.message) as AnyCloudEvent
    const wrong = whatIsWrongWith(event)
    await withContext(contextOf(event), async () => {
      try {
        if (wrong) throw new Error(`not understood: ${wrong}`)
        await this.#database.transaction(async tx => {
          const isHandledNow = await this.#handle(tx, event)
          await tx.deleteFrom('dead_letters').where('id', '=', row.id).execute()
          if (isHandledNow) await insertRow(tx, 'recovered_messages', recovered(row, event, this.#clock.now()))
          await timer.complete(tx)
        }, event.subject)
      } catch (error) {
        if (error instanceof DatabaseUnavailable) throw error
        await this.#keepAgain(timer, row, String(error))
      }
    })
  }

  async #keepAgain(timer: Timer, row: DeadLetterRow, error: string): Promise<void> {
    const now = this.#clock.now()
    const tries = row.tries + 1
    const nextTry = nextTryAfter(tries, now)
    await this.#database.transaction(async tx => {
      await tx
        .updateTable('dead_letters')
        .set({ tries, error: error.slice(0, 2_000), next_try_at: nextTry, updated_at: now })
        .where('id', '=', row.id)
        .execute()
      if (nextTry === null) await timer.complete(tx)
      else await timer.reschedule(tx, nextTry)
    })
    if (nextTry === null)
      this.#log.error({ event_id: row.event_id, event_type: row.event_type, error }, 'an event is dead')
  }
}

/** A message is handled in the name of the request that led to it. */
function contextOf(event: AnyCloudEvent) {
  return { requestId: String(event?.requestid ?? uuidv7()), traceparent: acceptTraceparent(event?.traceparent) }
}

function recovered(row: DeadLetterRow, event: AnyCloudEvent, now: number): RecoveredMessageRow {
  const { id, event_type, subject, error, tries, created_at } = row
  return {
    id,
    event_type,
    subject,
    error,
    request_id: event.requestid,
    tries: tries + 1,
    failed_at: created_at,
    handled_at: now,
  }
}

/** Epoch ms; null after the last try. */
function nextTryAfter(tries: number, now: number): number | null {
  return tries < triesAtMost ? now + delays[tries - 1]! : null
}

function findDeadLetter(db: Database<ConsumerTables>['db'], id: string): Promise<DeadLetterRow | undefined> {
  return db.selectFrom('dead_letters').selectAll().where('id', '=', id).executeTakeFirst()
}

function whatIsWrongWith(event: AnyCloudEvent): string | undefined {
  const frame = cloudEventSchema.validate(event, { convert: false })
  if (frame.error) return frame.error.message
  const definition = Object.hasOwn(eventCatalogue, event.type) ? eventCatalogue[event.type] : undefined
  if (!definition) return `no event type "${event.type}"`
  return definition.schema.validate(event.data).error?.message
}

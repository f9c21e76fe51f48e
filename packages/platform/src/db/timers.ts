// Time is rows: what is to happen later, or must go on after a crash, is a row with a due time that any instance may claim.
import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock/index.ts'
import { type Logger, withNewContext, withoutContext } from '../log/index.ts'
import { type AnyTx, afterCommit, type Database, type Tx } from './database.ts'
import { insertRow } from './prepared.ts'

export interface TimerRow {
  kind: string
  subject: string
  due_at: number
  attempt: number
  revision: number
  claimed_by: string | null
  claimed_until: number
}
export interface TimersTable {
  timers: TimerRow
}

/** One due row in the hands of its handler. */
export interface Timer {
  readonly kind: string
  /** The id of the thing that is due. */
  readonly subject: string
  /** How often a handler has failed on it since it was scheduled; 0 at first. */
  readonly attempt: number
  /** Ends it in the transaction that makes its work true. A schedule that came meanwhile stays. */
  complete(tx: AnyTx): Promise<void>
  /** Makes it due again at `dueAt` (epoch ms), in the transaction that makes its work true. */
  reschedule(tx: AnyTx, dueAt: number, attempt?: number): Promise<void>
}

/**
 * Does what is due. Must be safe to run twice: a crash after the work and before its commit runs it again. One that
 * returns without having completed or rescheduled its timer is completed; one that throws is tried again later.
 */
export type TimerHandler = (timer: Timer, stopping: AbortSignal) => Promise<void>

export interface TimersOptions {
  clock: Clock
  log: Logger
  /** True where no other process shares the database: claims found at start are then those of a crash. */
  alone: boolean
}

const pollMilliseconds = 1_000
/** How long a claim outlives its last sign of life: within it, others leave the row alone. */
const leaseMilliseconds = 2_400
const renewMilliseconds = 800
const retryAtMost = 60_000

interface Kind {
  handler: TimerHandler
  concurrency: number
  running: number
  /** Claimed rows that wait for a place: a burst is committed before the first of it runs. */
  readonly waiting: TimerRow[]
  /** There may be due rows that found no place: whoever makes one looks for them. */
  isBehind: boolean
}

/** The timers of one service. `schedule` and `cancel` belong to the transaction that they are called in. */
export class Timers {
  readonly #database: Database<TimersTable>
  readonly #options: TimersOptions
  readonly #instance = randomUUID()
  readonly #kinds = new Map<string, Kind>()
  readonly #running = new Set<Promise<void>>()
  /** What this instance has claimed: never claimed twice, even when the clock jumps over the end of the claim. */
  readonly #inHand = new Set<string>()
  readonly #stopping = new AbortController()
  #started = false
  #wake: NodeJS.Timeout | undefined
  #wakeAt = Number.POSITIVE_INFINITY
  #renewal: NodeJS.Timeout | undefined
  #polling = false
  #pollAgain = false
  #forgetMoves = () => {}

  constructor(database: Database<TimersTable>, options: TimersOptions) {
    this.#database = database
    this.#options = options
  }

  /** Says who does the work of a kind, and how many of it may be under way at once in this process. */
  handle(kind: string, handler: TimerHandler, options: { concurrency: number }): void {
    this.#kinds.set(kind, { handler, concurrency: options.concurrency, running: 0, waiting: [], isBehind: false })
  }

  /** Makes (kind, subject) due at `dueAt` (epoch ms); an earlier schedule of the same is replaced. */
  async schedule(anyTx: AnyTx, kind: string, subject: string, dueAt: number): Promise<void> {
    const tx = anyTx as Tx<TimersTable>
    const now = this.#options.clock.now()
    const runNow = dueAt <= now && this.#hasRoom(kind)
    const row: TimerRow = {
      kind,
      subject,
      due_at: dueAt,
      attempt: 0,
      revision: 1,
      // Claimed as it is written: the commit that makes it due is the only one it costs before the work starts.
      claimed_by: runNow ? this.#instance : null,
      claimed_until: runNow ? now + leaseMilliseconds : 0,
    }
    if ((await insertRow(tx, 'timers', row, { orIgnore: true })) === 0n) {
      await tx
        .updateTable('timers')
        .set(eb => ({ due_at: dueAt, attempt: 0, revision: eb('revision', '+', 1) }))
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .execute()
      afterCommit(tx, () => this.#wakeUpAt(dueAt))
    } else if (runNow) {
      afterCommit(tx, () => this.#run(row))
    } else {
      afterCommit(tx, () => this.#wakeUpAt(dueAt))
    }
  }

  /** Forgets (kind, subject). A handler that is at work on it is not interrupted. */
  async cancel(tx: AnyTx, kind: string, subject: string): Promise<void> {
    await (tx as Tx<TimersTable>).deleteFrom('timers').where('kind', '=', kind).where('subject', '=', subject).execute()
  }

  async start(): Promise<void> {
    this.#started = true
    if (this.#options.alone) await this.#database.db.updateTable('timers').set({ claimed_until: 0 }).execute()
    this.#renewal = setInterval(() => this.#renew(), renewMilliseconds)
    this.#forgetMoves = this.#options.clock.onMove(() => this.#poll())
    this.#poll()
  }

  /** Claims no more and waits until what is under way has ended; handlers see `stopping`. */
  async stop(): Promise<void> {
    this.#started = false
    this.#forgetMoves()
    clearTimeout(this.#wake)
    this.#stopping.abort()
    await Promise.allSettled(this.#running)
    clearInterval(this.#renewal)
  }

  #hasRoom(kind: string): boolean {
    const known = this.#kinds.get(kind)
    return this.#started && known !== undefined && known.running + known.waiting.length < known.concurrency
  }

  #wakeUpAt(dueAt: number): void {
    if (!this.#started || dueAt >= this.#wakeAt) return
    clearTimeout(this.#wake)
    this.#wakeAt = dueAt
    const wait = Math.min(Math.max(dueAt - this.#options.clock.now(), 0), pollMilliseconds)
    this.#wake = setTimeout(() => this.#poll(), wait)
  }

  #poll(): void {
    if (!this.#started) return
    // What called may have been the wake-up: one that is over must not stand in the way of the next.
    clearTimeout(this.#wake)
    this.#wakeAt = Number.POSITIVE_INFINITY
    if (this.#polling) {
      this.#pollAgain = true
      return
    }
    this.#polling = true
    withoutContext(() => this.#claimAndRun())
  }

  #claimAndRun(): void {
    this.#claimDue()
      .then(
        claimed => {
          for (const row of claimed) this.#run(row)
        },
        error => this.#options.log.error({ err: error }, 'due work could not be claimed'),
      )
      .finally(() => {
        this.#polling = false
        const again = this.#pollAgain
        this.#pollAgain = false
        this.#wakeUpAt(this.#options.clock.now() + (again ? 0 : pollMilliseconds))
      })
  }

  async #claimDue(): Promise<TimerRow[]> {
    const claimed: TimerRow[] = []
    for (const [name, kind] of this.#kinds) {
      const room = kind.concurrency - kind.running - kind.waiting.length
      // Set before the look: a row that comes meanwhile and finds no place must not be forgotten.
      kind.isBehind = room <= 0
      if (room <= 0 || !(await this.#isAnyDue(name))) continue
      const due = await this.#database.transaction(tx => this.#claim(tx, name, room))
      if (due.length === room) kind.isBehind = true
      claimed.push(...due)
    }
    return claimed
  }

  async #isAnyDue(kind: string): Promise<boolean> {
    return (await dueOf(this.#database.db, kind, this.#options.clock.now(), 1)).length > 0
  }

  async #claim(tx: Tx<TimersTable>, kind: string, room: number): Promise<TimerRow[]> {
    const now = this.#options.clock.now()
    const due = (await dueOf(tx, kind, now, room)).filter(row => !this.#inHand.has(nameOf(row)))
    if (due.length === 0) return []
    await tx
      .updateTable('timers')
      .set({ claimed_by: this.#instance, claimed_until: now + leaseMilliseconds })
      .where('kind', '=', kind)
      .where(
        'subject',
        'in',
        due.map(row => row.subject),
      )
      .execute()
    return due
  }

  #run(row: TimerRow): void {
    const kind = this.#kinds.get(row.kind)!
    this.#inHand.add(nameOf(row))
    if (kind.running >= kind.concurrency) {
      kind.waiting.push(row)
      return
    }
    kind.running++
    const work = withNewContext(() => this.#work(row, kind.handler)).finally(() => {
      kind.running--
      this.#running.delete(work)
      this.#inHand.delete(nameOf(row))
      if (!this.#started) return
      const next = kind.waiting.shift()
      if (next) this.#run(next)
      // Rows that found no place when they fell due are looked for now, not at the next poll.
      else if (kind.isBehind) this.#wakeUpAt(this.#options.clock.now())
    })
    this.#running.add(work)
  }

  async #work(row: TimerRow, handler: TimerHandler): Promise<void> {
    let settled = false
    const timer: Timer = {
      kind: row.kind,
      subject: row.subject,
      attempt: row.attempt,
      complete: async tx => {
        settled = true
        await this.#complete(tx as Tx<TimersTable>, row)
      },
      reschedule: async (tx, dueAt, attempt = 0) => {
        settled = true
        await this.#reschedule(tx as Tx<TimersTable>, row, dueAt, attempt)
      },
    }
    try {
      await handler(timer, this.#stopping.signal)
      if (!settled) await this.#database.transaction(tx => this.#complete(tx, row))
    } catch (error) {
      await this.#fail(row, error)
    }
  }

  async #complete(tx: Tx<TimersTable>, row: TimerRow): Promise<void> {
    const { numDeletedRows } = await atRevision(tx.deleteFrom('timers'), row).executeTakeFirst()
    if (numDeletedRows === 0n) await this.#release(tx, row)
  }

  async #reschedule(tx: Tx<TimersTable>, row: TimerRow, dueAt: number, attempt: number): Promise<void> {
    const { numUpdatedRows } = await atRevision(
      tx.updateTable('timers').set({ due_at: dueAt, attempt, claimed_by: null, claimed_until: 0 }),
      row,
    ).executeTakeFirst()
    if (numUpdatedRows === 0n) await this.#release(tx, row)
    else afterCommit(tx, () => this.#wakeUpAt(dueAt))
  }

  /** Scheduled anew while its handler was at work: the newer schedule stands and may be claimed now. */
  async #release(tx: Tx<TimersTable>, row: TimerRow): Promise<void> {
    await tx
      .updateTable('timers')
      .set({ claimed_by: null, claimed_until: 0 })
      .where('kind', '=', row.kind)
      .where('subject', '=', row.subject)
      .where('claimed_by', '=', this.#instance)
      .execute()
    afterCommit(tx, () => this.#wakeUpAt(this.#options.clock.now()))
  }

  async #fail(row: TimerRow, error: unknown): Promise<void> {
    const { log, clock } = this.#options
    const wait = Math.min(1_000 * 2 ** row.attempt, retryAtMost)
    if (!this.#stopping.signal.aborted) {
      log.error(
        { err: error, kind: row.kind, subject: row.subject, attempt: row.attempt },
        'due work failed, it is tried again',
      )
    }
    try {
      await this.#database.transaction(tx => this.#reschedule(tx, row, clock.now() + wait, row.attempt + 1))
    } catch (failure) {
      // The claim runs out by itself, and then it is due again.
      log.error({ err: failure, kind: row.kind, subject: row.subject }, 'failed work could not be rescheduled')
    }
  }

  #renew(): void {
    if (this.#running.size === 0) return
    this.#database
      .transaction(tx =>
        tx
          .updateTable('timers')
          .set({ claimed_until: this.#options.clock.now() + leaseMilliseconds })
          .where('claimed_by', '=', this.#instance)
          .where('claimed_until', '>', 0)
          .execute(),
      )
      .catch(error => this.#options.log.error({ err: error }, 'claims could not be renewed'))
  }
}

function nameOf({ kind, subject }: TimerRow): string {
  return `${kind} ${subject}`
}

function dueOf(db: Database<TimersTable>['db'], kind: string, now: number, atMost: number): Promise<TimerRow[]> {
  return db
    .selectFrom('timers')
    .selectAll()
    .where('kind', '=', kind)
    .where('due_at', '<=', now)
    .where('claimed_until', '<=', now)
    .orderBy('due_at')
    .limit(atMost)
    .execute()
}

function atRevision<Q extends { where(column: 'kind' | 'subject' | 'revision', op: '=', value: never): Q }>(
  query: Q,
  row: TimerRow,
): Q {
  return query
    .where('kind', '=', row.kind as never)
    .where('subject', '=', row.subject as never)
    .where('revision', '=', row.revision as never)
}

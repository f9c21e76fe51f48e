// Time is rows: what is to happen later, or must go on after a crash, is a row with a due time that any instance may claim.
import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock/index.ts'
import { type Logger, rememberContext, withoutContext, withRememberedContext } from '../log/index.ts'
import type { Database, Tx } from './database.ts'
import { insertRow, prepared } from './prepared.ts'
import { SharedClock } from './shared-clock.ts'
import { type AnyTx, afterCommit } from './transaction-hooks.ts'
import { updateRow } from './update-row.ts'

export interface TimerRow {
  kind: string
  subject: string
  due_at: number
  attempt: number
  revision: number
  claimed_by: string | null
  claimed_until: number
  /** The request and trace that it was scheduled in: its work belongs to them, whoever does it and however late. */
  request_id: string | null
  traceparent: string | null
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
  /**
   * What `schedule` was told that its transaction wrote, where the work begins in the moment of that commit: it need not be
   * read. Undefined else, and then it must be.
   */
  readonly known: unknown
  /**
   * Ends it in the transaction that makes its work true. A schedule that came meanwhile stays. Throws ClaimLost where this
   * process stalled for so long that another one has the work in hand now: what that one does counts.
   */
  complete(tx: AnyTx): Promise<void>
  /** Makes it due again at `dueAt` (epoch ms), in the transaction that makes its work true. Throws as `complete` does. */
  reschedule(tx: AnyTx, dueAt: number, attempt?: number): Promise<void>
  /** Throws ClaimLost where another process has the work in hand now. With a transaction, none can get it until its end. */
  assertHeld(tx?: AnyTx): Promise<void>
}

/** A row as those see it who only want to know. */
export interface WaitingTimer {
  kind: string
  subject: string
  /** How often it was tried since it was scheduled. */
  attempt: number
  /** Epoch ms, by this process's clock. */
  dueAt: number
  /** Somebody has it in hand at this moment. */
  isUnderWay: boolean
}

/** Another process has the work in hand now: nothing more of it may be written here. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost'

  constructor({ kind, subject }: Pick<TimerRow, 'kind' | 'subject'>) {
    super(`another process has taken over ${kind} ${subject}`)
  }
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
  /** How often is looked for due rows that others have written; 1,000 ms unless it is said. */
  pollMilliseconds?: number
}

const defaultPollMilliseconds = 1_000
/** How long a claim outlives its last sign of life: within it, others leave the row alone. */
const leaseMilliseconds = 2_400
const renewMilliseconds = 800
/** A claim counts as held without a question until so long before its end. */
const leaseMarginMilliseconds = 400
const retryAtMost = 60_000

/** A row in the hands of this instance. */
interface Claim {
  readonly row: TimerRow
  /** By `performance.now()`, which no setting of a clock moves: until when it is surely ours. */
  surelyUntil: number
  known?: unknown
}

interface Kind {
  handler: TimerHandler
  concurrency: number
  running: number
  /** Claimed rows that wait for a place: a burst is committed before the first of it runs. */
  readonly waiting: Claim[]
  /** There may be due rows that found no place: whoever makes one looks for them. */
  isBehind: boolean
}

/** The timers of one service. `schedule` and `cancel` belong to the transaction that they are called in. */
export class Timers {
  readonly #database: Database<TimersTable>
  readonly #options: TimersOptions
  readonly #pollMilliseconds: number
  readonly #instance = randomUUID()
  readonly #kinds = new Map<string, Kind>()
  readonly #running = new Set<Promise<void>>()
  /** What this instance has claimed: never claimed twice, even when the clock jumps over the end of the claim. */
  readonly #inHand = new Map<string, Claim>()
  #stopping = new AbortController()
  #started = false
  /** Looks for whatever is due; else only what is scheduled here and due at once is taken. */
  #seeks = false
  #wake: NodeJS.Timeout | undefined
  #wakeAt = Number.POSITIVE_INFINITY
  #renewal: NodeJS.Timeout | undefined
  #polling = false
  #claiming: Promise<void> = Promise.resolve()
  #pollAgain = false
  #forgetMoves = () => {}
  /** Claims and due times are told by the time that all instances share, whatever happens to the clock of one machine. */
  readonly #time: SharedClock

  constructor(database: Database<TimersTable>, options: TimersOptions) {
    this.#database = database
    this.#time = new SharedClock(database)
    this.#options = options
    this.#pollMilliseconds = options.pollMilliseconds ?? defaultPollMilliseconds
  }

  /** Says who does the work of a kind, and how many of it may be under way at once in this process. */
  handle(kind: string, handler: TimerHandler, options: { concurrency: number }): void {
    this.#kinds.set(kind, { handler, concurrency: options.concurrency, running: 0, waiting: [], isBehind: false })
  }

  /** As `schedule`, unless (kind, subject) is scheduled already. */
  async scheduleOnce(anyTx: AnyTx, kind: string, subject: string, dueAtHere: number): Promise<void> {
    const isScheduled = await (anyTx as Tx<TimersTable>)
      .selectFrom('timers')
      .select('kind')
      .where('kind', '=', kind)
      .where('subject', '=', subject)
      .executeTakeFirst()
    if (!isScheduled) await this.schedule(anyTx, kind, subject, dueAtHere)
  }

  /**
   * Makes (kind, subject) due at `dueAt` (epoch ms); an earlier schedule of the same is replaced. `known`: what the handler
   * would read first, all of it written by this transaction, and guarded by what the handler writes.
   */
  async schedule(anyTx: AnyTx, kind: string, subject: string, dueAtHere: number, known?: unknown): Promise<void> {
    const tx = anyTx as Tx<TimersTable>
    const dueAt = this.#forAll(dueAtHere)
    const runNow = dueAt <= this.#now() && this.#hasRoom(kind)
    const row: TimerRow = {
      kind,
      subject,
      due_at: dueAt,
      attempt: 0,
      revision: 1,
      // Claimed as it is written: the commit that makes it due is the only one it costs before the work starts.
      claimed_by: runNow ? this.#instance : null,
      claimed_until: runNow ? this.#time.now() + leaseMilliseconds : 0,
      ...rememberContext(),
    }
    if ((await insertRow(tx, 'timers', row, { orIgnore: true })) === 0n) {
      await tx
        .updateTable('timers')
        .set(eb => ({ due_at: dueAt, attempt: 0, revision: eb('revision', '+', 1), ...rememberContext() }))
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .execute()
      afterCommit(tx, () => this.#wakeUpAt(dueAt))
    } else if (runNow) {
      const surelyUntil = endOfSurety()
      afterCommit(tx, () => this.#run({ row, surelyUntil, known }))
    } else {
      afterCommit(tx, () => this.#wakeUpAt(dueAt))
    }
  }

  /** Forgets (kind, subject). A handler that is at work on it is not interrupted. */
  async cancel(tx: AnyTx, kind: string, subject: string): Promise<void> {
    await timerGone.run(tx as Tx<TimersTable>, { kind, subject })
  }

  /** Those that there are, of these kinds and about these subjects. */
  async list(kinds: readonly string[], subjects: readonly string[]): Promise<WaitingTimer[]> {
    if (kinds.length === 0 || subjects.length === 0) return []
    const rows = await this.#database.db
      .selectFrom('timers')
      .select(['kind', 'subject', 'attempt', 'due_at', 'claimed_until'])
      .where('kind', 'in', kinds)
      .where('subject', 'in', subjects)
      .execute()
    return rows.map(({ kind, subject, attempt, due_at, claimed_until }) => ({
      ...{ kind, subject, attempt },
      dueAt: due_at + this.#ahead(),
      isUnderWay: claimed_until > this.#time.now(),
    }))
  }

  /**
   * Makes (kind, subject) due now where it waits for a time to come, as the same attempt: it is tried sooner, not more often.
   * False where there is none, or it is due or under way already.
   */
  async hasten(anyTx: AnyTx, kind: string, subject: string): Promise<boolean> {
    const now = this.#now()
    const { numUpdatedRows } = await (anyTx as Tx<TimersTable>)
      .updateTable('timers')
      .set({ due_at: now })
      .where('kind', '=', kind)
      .where('subject', '=', subject)
      .where('due_at', '>', now)
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return false
    afterCommit(anyTx, () => this.#wakeUpAt(now))
    return true
  }

  /**
   * Takes work: whatever is due, again and again, or, where it is not to be `seeking`, only what is scheduled here and due
   * at once. May be called again after `stop`.
   */
  async start({ seeking = true } = {}): Promise<void> {
    await this.#time.read()
    this.#stopping = new AbortController()
    this.#started = true
    this.#seeks = seeking
    if (this.#options.alone) await this.#database.db.updateTable('timers').set({ claimed_until: 0 }).execute()
    this.#renewal = setInterval(() => this.#renew(), renewMilliseconds)
    this.#forgetMoves = this.#options.clock.onMove(() => this.#poll())
    this.#poll()
  }

  /**
   * Claims no more and waits until what is under way has ended; handlers see `stopping`, at once or, where there is
   * `patience`, so many milliseconds later. Until then what comes of the work under way, and is due at once, is done too;
   * what is scheduled after that is only written down.
   */
  async stop(patience = 0): Promise<void> {
    this.#seeks = false
    this.#forgetMoves()
    clearTimeout(this.#wake)
    this.#wakeAt = Number.POSITIVE_INFINITY
    if (patience > 0) await this.#untilIdle(patience)
    this.#started = false
    this.#stopping.abort()
    await this.#claiming
    await Promise.allSettled(this.#running)
    clearInterval(this.#renewal)
    // The claims of what never had its turn run out by themselves.
    for (const kind of this.#kinds.values()) kind.waiting.length = 0
    this.#inHand.clear()
  }

  /** For each kind: how late (ms) the oldest row is that is due and that nobody has claimed; 0 where there is none. */
  late(): Promise<{ kind: string; late: number }[]> {
    return Promise.all(
      [...this.#kinds.keys()].map(async kind => {
        const due = this.#dueNow(kind)
        const oldest = await anyDue.first(this.#database.db, due)
        return { kind, late: oldest ? due.now - oldest.due_at : 0 }
      }),
    )
  }

  /** Due times are told by the time that all instances share: the clock of one machine may be an hour ahead. Tests move it. */
  #now(): number {
    return this.#time.now() + this.#options.clock.moved()
  }

  /** A time of this process's clock, told by the time that all share. */
  #forAll(time: number): number {
    return this.#now() + Math.round(time - this.#options.clock.now())
  }

  /**
   * How far this process's clock is ahead of the time that all share, in whole seconds: the difference trembles, and what is
   * told of a due time should not.
   */
  #ahead(): number {
    return Math.trunc((this.#options.clock.now() - this.#now()) / 1_000) * 1_000
  }

  async #untilIdle(patience: number): Promise<void> {
    const ended = new AbortController()
    const late = wait(patience, undefined, { signal: ended.signal }).catch(() => {})
    const idle = async () => {
      await this.#claiming
      while (this.#running.size > 0) await Promise.allSettled(this.#running)
    }
    await Promise.race([idle(), late])
    ended.abort()
  }

  #hasRoom(kind: string): boolean {
    const known = this.#kinds.get(kind)
    return this.#started && known !== undefined && known.running + known.waiting.length < known.concurrency
  }

  #wakeUpAt(dueAt: number): void {
    if (!this.#seeks || dueAt >= this.#wakeAt) return
    clearTimeout(this.#wake)
    this.#wakeAt = dueAt
    const wait = Math.min(Math.max(dueAt - this.#now(), 0), this.#pollMilliseconds)
    this.#wake = setTimeout(() => this.#poll(), wait)
  }

  #poll(): void {
    if (!this.#seeks) return
    // What called may have been the wake-up: one that is over must not stand in the way of the next.
    clearTimeout(this.#wake)
    this.#wakeAt = Number.POSITIVE_INFINITY
    if (this.#polling) {
      this.#pollAgain = true
      return
    }
    this.#polling = true
    this.#claiming = withoutContext(() => this.#claimAndRun())
  }

  #claimAndRun(): Promise<void> {
    return this.#claimDue()
      .then(
        claimed => {
          for (const claim of claimed) this.#run(claim)
        },
        error => this.#options.log.error({ err: error }, 'due work could not be claimed'),
      )
      .finally(() => {
        this.#polling = false
        const again = this.#pollAgain
        this.#pollAgain = false
        this.#wakeUpAt(this.#now() + (again ? 0 : this.#pollMilliseconds))
      })
  }

  async #claimDue(): Promise<Claim[]> {
    const claimed: Claim[] = []
    for (const [name, kind] of this.#kinds) {
      const room = kind.concurrency - kind.running - kind.waiting.length
      // Set before the look: a row that comes meanwhile and finds no place must not be forgotten.
      kind.isBehind = room <= 0
      if (room <= 0 || !(await this.#isAnyDue(name))) continue
      const surelyUntil = endOfSurety()
      const due = await this.#database.transaction(tx => this.#claim(tx, name, room))
      if (due.length === room) kind.isBehind = true
      claimed.push(...due.map(row => ({ row, surelyUntil })))
    }
    return claimed
  }

  async #isAnyDue(kind: string): Promise<boolean> {
    return (await anyDue.first(this.#database.db, this.#dueNow(kind))) !== undefined
  }

  #dueNow(kind: string) {
    return { kind, now: this.#now(), freeSince: this.#time.now() }
  }

  async #claim(tx: Tx<TimersTable>, kind: string, room: number): Promise<TimerRow[]> {
    const free = dueOf(tx, this.#dueNow(kind)).limit(room)
    // What another instance is claiming at this moment is left to it; SQLite has one writer at a time.
    const rows = await (this.#database.engine === 'mysql' ? free.forUpdate().skipLocked() : free).execute()
    const due = rows.filter(row => !this.#inHand.has(nameOf(row)))
    if (due.length === 0) return []
    await tx
      .updateTable('timers')
      .set({ claimed_by: this.#instance, claimed_until: this.#time.now() + leaseMilliseconds })
      .where('kind', '=', kind)
      .where(
        'subject',
        'in',
        due.map(row => row.subject),
      )
      .execute()
    return due
  }

  #run(claim: Claim): void {
    const { row } = claim
    const kind = this.#kinds.get(row.kind)!
    this.#inHand.set(nameOf(row), claim)
    if (kind.running >= kind.concurrency) {
      // What is known now may not hold any more when its turn comes.
      claim.known = undefined
      kind.waiting.push(claim)
      return
    }
    kind.running++
    const work = withRememberedContext(row, () => this.#work(claim, kind.handler)).finally(() => {
      kind.running--
      this.#running.delete(work)
      this.#inHand.delete(nameOf(row))
      if (!this.#started) return
      const next = kind.waiting.shift()
      if (next) this.#run(next)
      // Rows that found no place when they fell due are looked for now, not at the next poll.
      else if (kind.isBehind) this.#wakeUpAt(this.#now())
    })
    this.#running.add(work)
  }

  async #work(claim: Claim, handler: TimerHandler): Promise<void> {
    const { row } = claim
    let settled = false
    const timer: Timer = {
      kind: row.kind,
      subject: row.subject,
      attempt: row.attempt,
      known: claim.known,
      complete: async tx => {
        settled = true
        await this.#complete(tx as Tx<TimersTable>, row)
      },
      reschedule: async (tx, dueAt, attempt = 0) => {
        settled = true
        await this.#reschedule(tx as Tx<TimersTable>, row, this.#forAll(dueAt), attempt)
      },
      assertHeld: async tx => {
        if (!tx && performance.now() < claim.surelyUntil) return
        if (!(await this.#isHeld((tx as Tx<TimersTable> | undefined) ?? this.#database.db, row)))
          throw new ClaimLost(row)
      },
    }
    try {
      await handler(timer, this.#stopping.signal)
      if (!settled) await this.#database.transaction(tx => this.#complete(tx, row))
    } catch (error) {
      if (error instanceof ClaimLost) this.#options.log.warn({ reason: error.message }, 'work went to another process')
      else await this.#fail(row, error)
    }
  }

  async #isHeld(db: Database<TimersTable>['db'], { kind, subject }: TimerRow): Promise<boolean> {
    return (await claimHeld.change(db, { kind, subject, claimed_by: this.#instance })) === 1n
  }

  async #complete(tx: Tx<TimersTable>, row: TimerRow): Promise<void> {
    if ((await timerDone.change(tx, this.#asHeld(row))) === 0n) await this.#release(tx, row)
  }

  async #reschedule(tx: Tx<TimersTable>, row: TimerRow, dueAt: number, attempt: number): Promise<void> {
    const isRescheduled = await updateRow(tx, 'timers', {
      key: 'subject',
      set: { due_at: dueAt, attempt, claimed_by: null, claimed_until: 0 },
      where: this.#asHeld(row),
    })
    if (!isRescheduled) await this.#release(tx, row)
    else afterCommit(tx, () => this.#wakeUpAt(dueAt))
  }

  /** As it was claimed here: neither scheduled anew since then nor taken over by another process. */
  #asHeld({ kind, subject, revision }: TimerRow) {
    return { kind, subject, revision, claimed_by: this.#instance }
  }

  /** Scheduled anew while its handler was at work: the newer schedule stands and may be claimed now. */
  async #release(tx: Tx<TimersTable>, row: TimerRow): Promise<void> {
    const { numUpdatedRows } = await tx
      .updateTable('timers')
      .set({ claimed_by: null, claimed_until: 0 })
      .where('kind', '=', row.kind)
      .where('subject', '=', row.subject)
      .where('claimed_by', '=', this.#instance)
      .executeTakeFirst()
    if (numUpdatedRows === 0n && (await isInOtherHands(tx, row))) throw new ClaimLost(row)
    afterCommit(tx, () => this.#wakeUpAt(this.#now()))
  }

  async #fail(row: TimerRow, error: unknown): Promise<void> {
    const { log } = this.#options
    const wait = Math.min(1_000 * 2 ** row.attempt, retryAtMost)
    if (!this.#stopping.signal.aborted) {
      log.error(
        { err: error, kind: row.kind, subject: row.subject, attempt: row.attempt },
        'due work failed, it is tried again',
      )
    }
    try {
      await this.#database.transaction(tx => this.#reschedule(tx, row, this.#now() + wait, row.attempt + 1))
    } catch (failure) {
      // The claim runs out by itself, and then it is due again.
      log.error({ err: failure, kind: row.kind, subject: row.subject }, 'failed work could not be rescheduled')
    }
  }

  #renew(): void {
    this.#time
      .read()
      .then(() => this.#renewClaims())
      .catch(error => this.#options.log.error({ err: error }, 'claims could not be renewed'))
  }

  async #renewClaims(): Promise<void> {
    for (const [kind, claims] of Map.groupBy(this.#inHand.values(), ({ row }) => row.kind)) {
      const subjects = claims.map(({ row }) => row.subject)
      const surelyUntil = endOfSurety()
      const { numUpdatedRows } = await this.#database.transaction(tx =>
        tx
          .updateTable('timers')
          .set({ claimed_until: this.#time.now() + leaseMilliseconds })
          .where('kind', '=', kind)
          .where('subject', 'in', subjects)
          .where('claimed_by', '=', this.#instance)
          .where('claimed_until', '>', 0)
          .executeTakeFirst(),
      )
      // Where some were lost nobody says which: they are asked about when it matters.
      if (numUpdatedRows < BigInt(claims.length)) continue
      for (const claim of claims) claim.surelyUntil = surelyUntil
    }
  }
}

/** Of a claim that is made or renewed from now on. */
function endOfSurety(): number {
  return performance.now() + leaseMilliseconds - leaseMarginMilliseconds
}

function nameOf({ kind, subject }: TimerRow): string {
  return `${kind} ${subject}`
}

interface Due {
  kind: string
  /** Due by then. */
  now: number
  /** Not claimed beyond then. */
  freeSince: number
}

function dueOf(db: Database<TimersTable>['db'], { kind, now, freeSince }: Due) {
  return db
    .selectFrom('timers')
    .selectAll()
    .where('kind', '=', kind)
    .where('due_at', '<=', now)
    .where('claimed_until', '<=', freeSince)
    .orderBy('due_at')
}

async function isInOtherHands(tx: Tx<TimersTable>, { kind, subject }: TimerRow): Promise<boolean> {
  const query = tx.selectFrom('timers').select('claimed_by').where('kind', '=', kind).where('subject', '=', subject)
  return ((await query.executeTakeFirst())?.claimed_by ?? null) !== null
}

const anyDue = prepared((db: Database<TimersTable>['db'], due: Due) => dueOf(db, due).limit(1))

/** An update that changes nothing: the one lock that both databases know. */
const claimHeld = prepared((db: Database<TimersTable>['db'], of: Pick<TimerRow, 'kind' | 'subject' | 'claimed_by'>) =>
  db
    .updateTable('timers')
    .set(eb => ({ claimed_by: eb.ref('claimed_by') }))
    .where('kind', '=', of.kind)
    .where('subject', '=', of.subject)
    .where('claimed_by', '=', of.claimed_by),
)

const timerGone = prepared(
  (db: Database<TimersTable>['db'], { kind, subject }: Pick<TimerRow, 'kind' | 'subject'>) =>
    db.deleteFrom('timers').where('kind', '=', kind).where('subject', '=', subject),
  { by: 'subject', unasked: true },
)

const timerDone = prepared(
  (db: Database<TimersTable>['db'], of: Pick<TimerRow, 'kind' | 'subject' | 'revision' | 'claimed_by'>) =>
    db
      .deleteFrom('timers')
      .where('kind', '=', of.kind)
      .where('subject', '=', of.subject)
      .where('revision', '=', of.revision)
      .where('claimed_by', '=', of.claimed_by),
  { by: 'subject' },
)

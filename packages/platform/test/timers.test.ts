// Time is rows: what is due is done once, goes on after a crash, and is tried again when it fails.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MovableClock } from '../src/clock/index.ts'
import { type Database, migrate, openDatabase, type Timer, Timers, type TimersTable, type Tx } from '../src/db/index.ts'
import { createLogger, currentContext, withContext } from '../src/log/index.ts'
import { until } from '../src/testing/index.ts'

let folder: string
let database: Database<TimersTable>
let clock: MovableClock
const running: Timers[] = []
const log = createLogger({ name: 'test', level: 'silent' })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-timers-'))
  database = await openDatabase<TimersTable>(`sqlite:${folder}/timers.sqlite`)
  await migrate(database, new URL('./echo-migrations/', import.meta.url))
  clock = new MovableClock()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(timers => timers.stop()))
  await database.close()
  await rm(folder, { recursive: true })
})

async function start(
  handler: (timer: Timer) => Promise<void>,
  options = { concurrency: 4, alone: true },
): Promise<Timers> {
  const timers = new Timers(database, { clock, log, alone: options.alone })
  timers.handle('ring', handler, options)
  running.push(timers)
  await timers.start()
  return timers
}
const schedule = (timers: Timers, subject: string, dueAt: number) =>
  database.transaction(tx => timers.schedule(tx, 'ring', subject, dueAt))
const rows = () => database.db.selectFrom('timers').selectAll().execute()

test('what is due now is done right after the commit, and its row is gone', async () => {
  const done: string[] = []
  const timers = await start(async timer => void done.push(timer.subject))
  await schedule(timers, 'a', clock.now())
  await until(rows, left => left.length === 0)
  expect(done).toEqual(['a'])
})

test('work that begins with its commit is told what was written; work that waits, or was scheduled before, reads it', async () => {
  const told = new Map<string, unknown>()
  const ended = Promise.withResolvers<void>()
  const timers = await start(
    async timer => {
      told.set(timer.subject, timer.known)
      if (timer.subject === 'first') await ended.promise
    },
    { concurrency: 2, alone: true },
  )
  const knowing = (subject: string, dueAt: number) => (tx: Tx<TimersTable>) =>
    timers.schedule(tx, 'ring', subject, dueAt, `${subject} as written`)
  await database.transaction(knowing('later', clock.now() + 1_000))
  await Promise.all(['first', 'second', 'third'].map(subject => database.transaction(knowing(subject, clock.now()))))
  await database.transaction(knowing('first', clock.now()))
  clock.advance(1_001)
  ended.resolve()
  await until(rows, left => left.length === 0)
  expect(Object.fromEntries(told)).toEqual({
    ...{ first: undefined, second: 'second as written', third: undefined, later: undefined },
  })
})

test('what waits for a time is hastened once, as the attempt that it was; what is under way or gone is not', async () => {
  const attempts: number[] = []
  const ended = Promise.withResolvers<void>()
  const timers = await start(async timer => {
    attempts.push(timer.attempt)
    if (attempts.length === 1) await database.transaction(tx => timer.reschedule(tx, clock.now() + 60_000, 3))
    else await ended.promise
  })
  const hasten = () => database.transaction(tx => timers.hasten(tx, 'ring', 'a'))
  expect(await hasten()).toBe(false)
  await schedule(timers, 'a', clock.now())
  const waiting = await until(
    () => timers.list(['ring'], ['a', 'b']),
    ([timer]) => timer?.attempt === 3,
  )
  expect(waiting).toMatchObject([{ kind: 'ring', subject: 'a', isUnderWay: false }])
  expect(waiting[0]!.dueAt - clock.now()).toBeGreaterThan(50_000)

  expect((await Promise.all([hasten(), hasten()])).sort()).toEqual([false, true])
  const [underWay] = await until(
    () => timers.list(['ring'], ['a']),
    ([timer]) => timer?.isUnderWay === true,
  )
  expect(attempts).toEqual([0, 3])
  expect(underWay!.attempt).toBe(3)
  expect(await hasten()).toBe(false)
  ended.resolve()
  await until(rows, left => left.length === 0)
})

test('what is due later waits for the clock, not longer', async () => {
  const done: string[] = []
  const timers = await start(async timer => void done.push(timer.subject))
  await schedule(timers, 'a', clock.now() + 3_600_000)
  clock.advance(3_599_000)
  await schedule(timers, 'probe', clock.now())
  await until(
    () => done,
    seen => seen.includes('probe'),
  )
  expect(done).toEqual(['probe'])
  clock.advance(1_001)
  await until(
    () => done,
    seen => seen.includes('a'),
  )
})

test('nothing is done for a schedule that was rolled back', async () => {
  const done: string[] = []
  const timers = await start(async timer => void done.push(timer.subject))
  await expect(
    database.transaction(async tx => {
      await timers.schedule(tx, 'ring', 'ghost', clock.now())
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await schedule(timers, 'probe', clock.now())
  await until(
    () => done,
    seen => seen.includes('probe'),
  )
  expect(done).toEqual(['probe'])
})

test('a handler that fails is run again later, and told how often it failed', async () => {
  const attempts: number[] = []
  const timers = await start(async timer => {
    attempts.push(timer.attempt)
    if (attempts.length < 3) throw new Error('not yet')
  })
  await schedule(timers, 'a', clock.now())
  await until(rows, ([row]) => row?.attempt === 1 && row.claimed_until === 0)
  clock.advance(1_000)
  await until(rows, ([row]) => row?.attempt === 2 && row.claimed_until === 0)
  clock.advance(2_000)
  await until(rows, left => left.length === 0)
  expect(attempts).toEqual([0, 1, 2])
})

test('a schedule that comes while the handler is at work is not lost', async () => {
  let release = () => {}
  const runs: number[] = []
  const timers = await start(async () => {
    runs.push(runs.length)
    if (runs.length === 1) await new Promise<void>(resolve => (release = resolve))
  })
  await schedule(timers, 'a', clock.now())
  await until(
    () => runs,
    seen => seen.length === 1,
  )
  await schedule(timers, 'a', clock.now())
  release()
  await until(rows, left => left.length === 0)
  expect(runs).toEqual([0, 1])
})

test('no more than the concurrency is under way at once, and all of it is done', async () => {
  let now = 0
  let most = 0
  let done = 0
  const timers = await start(
    async () => {
      most = Math.max(most, ++now)
      await new Promise(resolve => setImmediate(resolve))
      now--
      done++
    },
    { concurrency: 3, alone: true },
  )
  await Promise.all(Array.from({ length: 40 }, (_, at) => schedule(timers, `s${at}`, clock.now())))
  await until(rows, left => left.length === 0)
  expect(done).toBe(40)
  expect(most).toBe(3)
})

test('work that finds no place is begun as soon as there is one, also when places become free while it is looked for', async () => {
  const gates = { a: Promise.withResolvers<void>(), b: Promise.withResolvers<void>() }
  const looking = Promise.withResolvers<void>()
  const mayLook = Promise.withResolvers<void>()
  const done: string[] = []
  // Only the timers' own transactions, that is their claims, are held up.
  const heldUp: Database<TimersTable> = {
    engine: database.engine,
    db: database.db,
    snapshot: read => database.snapshot(read),
    now: () => database.now(),
    pool: () => database.pool(),
    ping: () => database.ping(),
    close: () => database.close(),
    transaction: async work => {
      looking.resolve()
      await mayLook.promise
      return database.transaction(work)
    },
  }
  const timers = new Timers(heldUp, { clock, log, alone: true })
  const ring = async (timer: Timer) => {
    await gates[timer.subject as keyof typeof gates]?.promise
    await database.transaction(tx => timer.complete(tx))
    done.push(timer.subject)
  }
  timers.handle('ring', ring, { concurrency: 2 })
  running.push(timers)
  await timers.start()
  for (const subject of ['a', 'b', 'c', 'd', 'e']) await schedule(timers, subject, clock.now())
  gates.a.resolve()
  await looking.promise
  gates.b.resolve()
  await until(
    () => done,
    seen => seen.length === 2,
  )
  const startedAt = performance.now()
  mayLook.resolve()
  await until(
    () => done,
    seen => seen.length === 5,
  )
  // The next poll would come a second later.
  expect(performance.now() - startedAt).toBeLessThan(950)
})

test('what a crash interrupted goes on at the next start', async () => {
  const stuck = await start(() => new Promise<void>(() => {}))
  await schedule(stuck, 'a', clock.now())
  await until(rows, ([row]) => row !== undefined && row.claimed_until > 0)
  running.splice(0) // A crash: nobody stops it in good order.
  const done: string[] = []
  await start(async timer => void done.push(timer.subject))
  await until(rows, left => left.length === 0)
  expect(done).toEqual(['a'])
})

test('another instance takes over only when the claim has run out', async () => {
  const stuck = await start(() => new Promise<void>(() => {}), { concurrency: 1, alone: true })
  await schedule(stuck, 'a', clock.now())
  await until(rows, ([row]) => row !== undefined && row.claimed_until > 0)
  running.splice(0)
  const done: string[] = []
  const other = await start(async timer => void done.push(timer.subject), { concurrency: 4, alone: false })
  await schedule(other, 'probe', clock.now())
  await until(
    () => done,
    seen => seen.includes('probe'),
  )
  expect(done).toEqual(['probe'])
  // The first instance dies: its claims are renewed no more.
  await database.db
    .updateTable('timers')
    .set({ claimed_until: clock.now() - 1, claimed_by: 'dead' })
    .where('subject', '=', 'a')
    .execute()
  await until(
    () => done,
    seen => seen.includes('a'),
  )
})

test('a cancelled timer never rings', async () => {
  const done: string[] = []
  const timers = await start(async timer => void done.push(timer.subject))
  await schedule(timers, 'a', clock.now() + 1_000)
  await database.transaction(tx => timers.cancel(tx, 'ring', 'a'))
  clock.advance(10_000)
  await schedule(timers, 'probe', clock.now())
  await until(
    () => done,
    seen => seen.includes('probe'),
  )
  expect(done).toEqual(['probe'])
})

test('a clock that jumps over the end of a claim does not start the same work twice', async () => {
  let release = () => {}
  const runs: string[] = []
  const timers = await start(async timer => {
    runs.push(timer.subject)
    if (timer.subject === 'a') await new Promise<void>(resolve => (release = resolve))
  })
  await schedule(timers, 'a', clock.now())
  await until(
    () => runs,
    seen => seen.length === 1,
  )
  clock.advance(3_600_000)
  // By the time that a later one was looked for and done, the first would have been found again too.
  await schedule(timers, 'b', clock.now() + 100)
  await until(
    () => runs,
    seen => seen.includes('b'),
  )
  expect(runs).toEqual(['a', 'b'])
  release()
  await until(rows, left => left.length === 0)
  expect(runs).toEqual(['a', 'b'])
})

test('work that is looked for does not run in the name of the request that happened to set off the search', async () => {
  const seen: (string | undefined)[] = []
  const timers = await start(async () => void seen.push(currentContext()?.requestId))
  const later = clock.now() + 60_000
  await schedule(timers, 'a', later)
  await withContext({ requestId: 'somebody-else', traceparent: '00-1-1-00' }, async () => {
    clock.advance(60_000)
    await until(rows, left => left.length === 0)
  })
  expect(seen).toHaveLength(1)
  expect(seen[0]).not.toBe('somebody-else')
  await withContext({ requestId: 'my-own', traceparent: '00-1-1-00' }, () => schedule(timers, 'b', clock.now()))
  await until(
    () => seen,
    all => all.length === 2,
  )
  expect(seen[1]).toBe('my-own')
})

// Several instances on one MySQL database: migrations, due work and the outbox are shared without a leader, and nothing is done twice or forgotten.
import { readdirSync, readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Outbox } from '../src/bus/index.ts'
import type { OutboxTable } from '../src/bus/outbox.ts'
import { MovableClock } from '../src/clock/index.ts'
import {
  ClaimLost,
  type Database,
  migrate,
  openDatabase,
  type Timer,
  type TimerHandler,
  Timers,
  type TimersTable,
} from '../src/db/index.ts'
import { createLogger } from '../src/log/index.ts'
import { createTestDatabases, dropTestDatabases, newTestName } from '../src/testing/engines.ts'
import { TestBroker, until } from '../src/testing/index.ts'
import type { NoteTables } from './echo-service.ts'

type Tables = TimersTable & OutboxTable & NoteTables

const migrations = new URL('./echo-migrations/', import.meta.url)
const silent = createLogger({ name: 'test', level: 'silent' })
const name = newTestName()
let urls: Record<'user' | 'order' | 'payment' | 'data', string>
const opened: Database<Tables>[] = []

async function open(url = urls.order): Promise<Database<Tables>> {
  const database = await openDatabase<Tables>(url, { poolSize: 4 })
  opened.push(database)
  return database
}

beforeAll(async () => {
  urls = await createTestDatabases(name)
})
afterAll(async () => {
  await Promise.all(opened.map(database => database.close()))
  await dropTestDatabases(name)
})

describe('migrations', () => {
  const applied = async (database: Database<Tables>) =>
    (await sql<{ name: string }>`select name from kysely_migration order by name`.execute(database.db)).rows

  test('are applied once by ten that start at once', async () => {
    const ten = await Promise.all(Array.from({ length: 10 }, () => open()))
    await Promise.all(ten.map(database => migrate(database, migrations)))
    const names = (await applied(ten[0]!)).map(row => row.name)
    expect(names).toContain('0001-notes')
    expect(new Set(names).size).toBe(names.length)
    await ten[9]!.transaction(tx => tx.insertInto('notes').values({ id: 'a', text: '' }).execute())
  })

  test('that a crash has cut off go on where they were', async () => {
    const folder = new URL('../migrations/', import.meta.url)
    const statements = readFileSync(new URL(readdirSync(folder).sort()[0]!, folder), 'utf8')
      .replace(/^--.*$/gm, '')
      .split(/;\s*$/m)
      .filter(statement => statement.trim() !== '')
    // Statement by statement, for MySQL commits each of them: so much of the first file was done.
    const database = await open(urls.payment)
    for (const statement of statements.slice(0, 4)) await sql.raw(statement).execute(database.db)
    await migrate(database, migrations)
    expect((await applied(database)).length).toBeGreaterThan(1)
    await database.transaction(tx => tx.insertInto('notes').values({ id: 'a', text: '' }).execute())
    expect(await database.db.selectFrom('timers').selectAll().execute()).toEqual([])
  })

  test('of a newer version that went ahead are left alone by the one that is behind', async () => {
    const database = await open(urls.payment)
    await sql`insert into kysely_migration (name, timestamp) values ('9999-of-tomorrow', '2030-01-01')`.execute(
      database.db,
    )
    const before = await applied(database)
    await migrate(database, migrations)
    expect(await applied(database)).toEqual(before)
  })

  test('make a database that its owner made otherwise one that tells keys apart by their bytes', async () => {
    const database = await open(urls.data)
    await sql
      .raw(`alter database \`${new URL(urls.data).pathname.slice(1)}\` collate utf8mb4_general_ci`)
      .execute(database.db)
    await migrate(database, migrations)
    for (const id of ['a', 'A']) {
      await database.transaction(tx => tx.insertInto('notes').values({ id, text: '' }).execute())
    }
    expect(await database.db.selectFrom('notes').select('id').where('id', '=', 'A').execute()).toEqual([{ id: 'A' }])
  })
})

describe('due work', () => {
  const running: Timers[] = []
  let a: Database<Tables>
  let b: Database<Tables>

  beforeAll(async () => {
    ;[a, b] = [await open(), await open()]
    await migrate(a, migrations)
  })
  beforeEach(() => sql`delete from timers`.execute(a.db))
  afterEach(async () => {
    await Promise.all(running.splice(0).map(timers => timers.stop()))
  })

  async function start(
    database: Database<Tables>,
    handler: TimerHandler,
    { clock = new MovableClock(), concurrency = 10, kinds = ['ring'] } = {},
  ): Promise<Timers> {
    const timers = new Timers(database as never, { clock, log: silent, alone: false })
    for (const kind of kinds) timers.handle(kind, handler, { concurrency })
    await timers.start()
    running.push(timers)
    return timers
  }
  const rows = () => b.db.selectFrom('timers').selectAll().execute()
  /** Due already, and written by nobody who could start it at once. */
  const leave = (kind: string, count: number) =>
    a.transaction(async tx => {
      for (let at = 0; at < count; at++) {
        const claim = { claimed_by: null, claimed_until: 0, request_id: null, traceparent: null }
        const row = { kind, subject: `${kind}-${at}`, due_at: Date.now() - 1_000, attempt: 0, revision: 1, ...claim }
        await tx.insertInto('timers').values(row).execute()
      }
    })

  test('is done once, each by one of the two, and both do some', async () => {
    await leave('ring', 500)
    const done: Record<'a' | 'b', string[]> = { a: [], b: [] }
    const ring = (who: 'a' | 'b', database: Database<Tables>) => async (timer: Timer) => {
      done[who].push(timer.subject)
      await database.transaction(tx => timer.complete(tx))
    }
    await Promise.all([start(a, ring('a', a)), start(b, ring('b', b))])
    await until(rows, left => left.length === 0, 15)
    expect(done.a.length + done.b.length).toBe(500)
    expect(new Set([...done.a, ...done.b]).size).toBe(500)
    expect(Math.min(done.a.length, done.b.length)).toBeGreaterThan(50)
  })

  test('of an instance that has died goes on at the other within lease and poll', async () => {
    let isDead = false
    const dying = await start(
      dyingWith(a, () => isDead),
      () => new Promise<void>(() => {}),
    )
    await a.transaction(tx => dying.schedule(tx, 'ring', 'left', Date.now()))
    await until(rows, ([row]) => (row?.claimed_until ?? 0) > 0)
    running.splice(0)
    isDead = true
    const diedAt = performance.now()
    const done: string[] = []
    await start(b, async timer => void done.push(timer.subject))
    await until(rows, left => left.length === 0)
    expect(done).toEqual(['left'])
    expect(performance.now() - diedAt).toBeLessThan(4_500)
  })

  test('is not taken from an instance at work by one whose clock has jumped', async () => {
    const gate = Promise.withResolvers<void>()
    const runs: string[] = []
    const clock = new MovableClock()
    const working = await start(b, async timer => {
      runs.push(`b ${timer.subject}`)
      await gate.promise
    })
    await b.transaction(tx => working.schedule(tx, 'ring', 'long', Date.now()))
    await until(
      () => runs,
      seen => seen.length === 1,
    )
    await start(a, async timer => void runs.push(`a ${timer.subject}`), { clock })
    for (let hour = 1; hour <= 3; hour++) {
      await leave('ring', hour)
      clock.advance(3_600_000)
      // It has looked, and found what is nobody's.
      await until(rows, left => left.length === 1)
    }
    gate.resolve()
    await until(rows, left => left.length === 0)
    expect(runs.filter(run => run.endsWith(' long'))).toEqual(['b long'])
  })

  test('of one kind does not wait for a heap of another', async () => {
    await leave('slow', 300)
    await leave('quick', 5)
    const done: string[] = []
    const handler = async (timer: Timer) => {
      if (timer.kind === 'slow') await a.db.selectFrom('notes').selectAll().execute()
      done.push(timer.kind)
    }
    await start(a, handler, { kinds: ['slow', 'quick'], concurrency: 2 })
    await until(rows, left => left.length === 0, 15)
    expect(done.lastIndexOf('quick')).toBeLessThan(150)
  })

  describe('that was taken over from an instance that stalled', () => {
    test('is no longer its own: what it wants to write is undone, and the other’s is not', async () => {
      const stalled = Promise.withResolvers<Timer>()
      const wakesUp = Promise.withResolvers<void>()
      const outcomes: unknown[] = []
      const write = (database: Database<Tables>, timer: Timer, id: string) =>
        database.transaction(async tx => {
          await tx.insertInto('notes').values({ id, text: '' }).execute()
          await timer.complete(tx)
        })
      const first = await start(a, async timer => {
        stalled.resolve(timer)
        await wakesUp.promise
        outcomes.push(
          await timer.assertHeld().then(
            () => 'held',
            error => error,
          ),
        )
        outcomes.push(await write(a, timer, 'stalled').catch(error => error))
        throw outcomes.at(-1)
      })
      await a.transaction(tx => first.schedule(tx, 'ring', 'one', Date.now()))
      const timer = await stalled.promise
      await expect(timer.assertHeld()).resolves.toBeUndefined()
      // As if it had stood still for longer than its claim lives.
      await sql`update timers set claimed_by = 'nobody', claimed_until = 0`.execute(b.db)
      const taken = Promise.withResolvers<void>()
      const goesOn = Promise.withResolvers<void>()
      await start(b, async timer => {
        taken.resolve()
        await goesOn.promise
        await write(b, timer, 'taken over')
      })
      await taken.promise
      await expect(a.transaction(tx => timer.assertHeld(tx))).rejects.toBeInstanceOf(ClaimLost)
      wakesUp.resolve()
      await until(
        () => outcomes,
        seen => seen.length === 2,
      )
      expect(outcomes[1]).toBeInstanceOf(ClaimLost)
      expect((await rows())[0]?.claimed_until).toBeGreaterThan(0)
      goesOn.resolve()
      await until(rows, left => left.length === 0)
      const notes = await b.db.selectFrom('notes').select('id').where('id', 'in', ['stalled', 'taken over']).execute()
      expect(notes).toEqual([{ id: 'taken over' }])
    })
  })

  /** A process that is killed renews nothing more. */
  function dyingWith(database: Database<Tables>, isDead: () => boolean): Database<Tables> {
    const never = new Promise<never>(() => {})
    return {
      engine: database.engine,
      db: database.db,
      transaction: (work, about) => (isDead() ? never : database.transaction(work, about)),
      snapshot: read => database.snapshot(read),
      now: () => (isDead() ? never : database.now()),
      pool: () => database.pool(),
      ping: () => database.ping(),
      close: () => database.close(),
    }
  }
})

describe('an outbox of two instances', () => {
  class SwitchedBroker extends TestBroker {
    isDown = false
    asked = 0

    override async publish(event: Parameters<TestBroker['publish']>[0]): Promise<void> {
      this.asked++
      if (this.isDown) throw new Error('the broker is down')
      await super.publish(event)
    }
  }

  test('has every fact published once the broker is back, nearly all once, and says little meanwhile', async () => {
    const lines: string[] = []
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const log = createLogger({ name: 'test', level: 'info', stream })
    const broker = new SwitchedBroker()
    const clock = new MovableClock()
    const databases = [await open(), await open()]
    await migrate(databases[0]!, migrations)
    const outboxes = databases.map(database => new Outbox(database as never, { broker, clock, log }))
    for (const outbox of outboxes) await outbox.start()
    broker.isDown = true
    const say = (at: number) =>
      databases[at % 2]!.transaction(
        tx =>
          outboxes[at % 2]!.add(tx, 'session.revoked', `s${at}`, {
            session_id: crypto.randomUUID(),
            user_id: crypto.randomUUID(),
          }),
        `s${at}`,
      )
    await Promise.all(Array.from({ length: 300 }, (_, at) => say(at)))
    // Swept again and again in vain.
    await until(
      () => broker.asked,
      asked => asked > 305,
      15,
    )
    expect(await outboxes[0]!.backlog()).toMatchObject({ waiting: 300 })
    expect(lines.length).toBeLessThan(30)
    broker.isDown = false
    await until(
      () => outboxes[1]!.backlog(),
      ({ waiting }) => waiting === 0,
      15,
    )
    const times = Map.groupBy(broker.published, ({ subject }) => subject)
    expect(times.size).toBe(300)
    // A fact may be said twice; that is for a crash between the broker's word and ours, not for the ordinary day.
    expect(broker.published.length).toBeLessThanOrEqual(315)
    for (const outbox of outboxes) await outbox.stop()
  })
})

// MySQL as the services see it: shared commits with an outcome for each, what happens when rows, connections or answers are lost, and values as they are.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type AddressInfo, connect, createServer } from 'node:net'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  afterCommit,
  type Database,
  DatabaseUnavailable,
  insertRow,
  isUniqueViolation,
  migrate,
  openDatabase,
  prepared,
  TransactionConflict,
  type Tx,
} from '../src/db/index.ts'
import { createTestDatabases, dropTestDatabases, newTestName } from '../src/testing/engines.ts'
import { startTcpProxy, type TcpProxy } from '../src/testing/index.ts'

interface Tables {
  notes: { id: string; text: string }
  things: { id: string; amount: number; note: string | null; bytes: Buffer | null }
}

const name = newTestName()
let url: string
let database: Database<Tables>
let other: Database<Tables>

beforeAll(async () => {
  url = (await createTestDatabases(name)).order
  database = await openDatabase<Tables>(url, { poolSize: 4 })
  other = await openDatabase<Tables>(url, { poolSize: 4 })
  await migrate(database, new URL('./echo-migrations/', import.meta.url))
  await sql`create table things (id varchar(100) not null primary key, amount bigint not null, note text, bytes longblob)`.execute(
    database.db,
  )
})
beforeEach(async () => {
  await sql`delete from notes`.execute(other.db)
  await sql`delete from things`.execute(other.db)
})
afterAll(async () => {
  await database.close()
  await other.close()
  await dropTestDatabases(name)
})

const ids = async () => (await other.db.selectFrom('notes').select('id').orderBy('id').execute()).map(({ id }) => id)
const insert = (tx: Tx<Tables>, id: string, text = '') => insertRow(tx, 'notes', { id, text })
const add = (id: string, about?: string) => database.transaction(tx => insert(tx, id), about)
const setText = (tx: Tx<Tables>, id: string, text: string) =>
  tx.updateTable('notes').set({ text }).where('id', '=', id).execute()
const textOf = async (id: string) =>
  (await other.db.selectFrom('notes').select('text').where('id', '=', id).executeTakeFirst())?.text
const statuses = (outcomes: PromiseSettledResult<unknown>[]) => outcomes.map(({ status }) => status)

/** How many transactions the server has committed for us. */
async function commits(): Promise<number> {
  const { rows } = await sql<{ Value: string }>`show global status like 'Com_commit'`.execute(other.db)
  return Number(rows[0]!.Value)
}

describe('callers at the same time', () => {
  test('share commits, and all that they wrote is there', async () => {
    const before = await commits()
    await Promise.all(Array.from({ length: 200 }, (_, at) => add(`n${at}`, at % 2 ? `n${at}` : undefined)))
    // Others commit on this server too: what counts is that it is far from one each.
    expect((await commits()) - before).toBeLessThan(120)
    expect(await ids()).toHaveLength(200)
  })

  test('each keep their own outcome: who throws, or brings a key that is there, is undone alone', async () => {
    await add('taken')
    const ran: string[] = []
    const member = (id: string, about: string | undefined, fails = false) =>
      database.transaction(async tx => {
        await insert(tx, id)
        afterCommit(tx, () => ran.push(id))
        if (fails) throw new Error(`${id} changed its mind`)
        return id
      }, about)
    const outcomes = await Promise.allSettled([
      ...['a', 'b'].map(id => member(id, id)),
      ...[member('c', 'c', true), member('taken', 'taken'), member('d', undefined), member('e', undefined, true)],
      ...[member('d', 'd'), member('f', 'f')],
    ])
    const kept = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(await ids()).toEqual([...kept, 'taken'].sort())
    expect(kept.sort()).toEqual(['a', 'b', 'd', 'f'])
    expect(ran.sort()).toEqual(kept)
    const reasons = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    expect(reasons.filter(isUniqueViolation)).toHaveLength(2)
    expect(reasons.filter(reason => /changed its mind/.test(reason.message))).toHaveLength(2)
  })

  test('that deadlock with another process are both done in the end, and nothing is done twice or in part', async () => {
    await Promise.all(['x', 'y'].map(id => add(id, id)))
    let deadlocks = 0
    for (let round = 0; round < 5; round++) {
      const met = { here: Promise.withResolvers<void>(), there: Promise.withResolvers<void>() }
      const decided = Promise.withResolvers<void>()
      const write = (tx: Tx<Tables>, id: string) => tx.insertInto('notes').values({ id, text: '' }).execute()
      /** Two rows in opposite orders: each has its first before either asks for its second. */
      const here = database.transaction(async tx => {
        await setText(tx, 'x', `here ${round}`)
        met.here.resolve()
        await met.there.promise
        await setText(tx, 'y', `here ${round}`)
          .catch(error => {
            deadlocks++
            throw error
          })
          .finally(decided.resolve)
        await write(tx, `here-${round}`)
      }, 'here')
      const there = other.transaction(async tx => {
        // The server gives up whoever has written less.
        for (let at = 0; at < 40; at++) await write(tx, `there-${round}-${at}`)
        await setText(tx, 'y', `there ${round}`)
        met.there.resolve()
        await met.here.promise
        await setText(tx, 'x', `there ${round}`)
      })
      // In the same transaction as the one that is given up: what it writes when the server has undone all must not stay.
      const beside = database.transaction(async tx => {
        await decided.promise
        for (let at = 0; at < 5; at++) await write(tx, `beside-${round}-${at}`)
      }, 'beside')
      await Promise.all([here, there, beside])
      expect(await textOf('x')).toBe(await textOf('y'))
    }
    expect(deadlocks).toBeGreaterThan(0)
    expect(await ids()).toHaveLength(2 + 5 * (1 + 40 + 5))
  })

  test('of which one must be run again because a row has changed run again too, and end well', async () => {
    let tries = 0
    const again = database.transaction(async tx => {
      await insert(tx, 'again')
      if (++tries < 3) throw new TransactionConflict('read anew')
    })
    await Promise.all([again, add('a', 'a'), add('b', 'b')])
    expect(await ids()).toEqual(['a', 'again', 'b'])
  })

  test('of which one is in conflict time and again: it is told that the database is unavailable, the others are not', async () => {
    const never = database.transaction(async tx => {
      await insert(tx, 'never')
      throw new TransactionConflict('always')
    })
    const outcomes = await Promise.allSettled([never, add('a', 'a'), add('b')])
    expect(statuses(outcomes)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect((outcomes[0] as PromiseRejectedResult).reason).toBeInstanceOf(DatabaseUnavailable)
    expect(await ids()).toEqual(['a', 'b'])
  })

  test('wait for a row that somebody holds no longer than for its release', async () => {
    await add('held')
    const holding = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const holder = other.transaction(async tx => {
      await setText(tx, 'held', 'holder')
      holding.resolve()
      await release.promise
    })
    await holding.promise
    const asked = Promise.withResolvers<void>()
    const waiting = database.transaction(tx => {
      asked.resolve()
      return setText(tx, 'held', 'waiter')
    }, 'held')
    await asked.promise
    // A transaction beside it is begun for those who have nothing to do with that row.
    await add('beside', 'beside')
    release.resolve()
    await Promise.all([holder, waiting])
    expect(await textOf('held')).toBe('waiter')
  })

  test('never hold all connections while they wait for another: a read finds one', async () => {
    const narrow = await openDatabase<Tables>(url, { poolSize: 3 })
    const work = (id: string) =>
      narrow.transaction(async tx => {
        await insert(tx, id)
        // Read outside of the transaction, as a work may by way of a dao that takes a database.
        await narrow.db.selectFrom('notes').selectAll().where('id', '=', 'none').execute()
      }, id)
    await Promise.all(Array.from({ length: 60 }, (_, at) => work(`p${at}`)))
    expect(await ids()).toHaveLength(60)
    expect(narrow.pool()).toEqual({ size: 3, inUse: 0, waiting: 0 })
    await narrow.close()
  })
})

describe('an insert that is held back', () => {
  const byId = prepared((db: Database<Tables>['db'], { id }: { id: string }) =>
    db.selectFrom('notes').selectAll().where('id', '=', id),
  )
  const reads = {
    'of its table': (tx: Tx<Tables>) => tx.selectFrom('notes').select('id').where('id', '=', 'new').execute(),
    'that is prepared': (tx: Tx<Tables>) => byId.all(tx, { id: 'new' }),
    'of a join': (tx: Tx<Tables>) =>
      tx
        .selectFrom('things')
        .innerJoin('notes', 'notes.id', 'things.id')
        .select('notes.id')
        .where('things.id', '=', 'new')
        .execute(),
    'in raw SQL': async (tx: Tx<Tables>) =>
      (await sql<{ id: string }>`select id from notes where id = 'new'`.execute(tx)).rows,
    'of a subquery': (tx: Tx<Tables>) =>
      tx
        .selectFrom('things')
        .select('id')
        .where('id', '=', 'new')
        .where('id', 'in', eb => eb.selectFrom('notes').select('id'))
        .execute(),
  }
  test.each(Object.keys(reads) as (keyof typeof reads)[])('is seen by a read %s in its transaction', async kind => {
    const seen = await Promise.all(
      ['new', 'beside'].map(id =>
        database.transaction(async tx => {
          await insertRow(tx, 'things', { id, amount: 1, note: null, bytes: null })
          await insert(tx, id)
          return (await reads[kind](tx)).length
        }, id),
      ),
    )
    expect(seen[0]).toBe(1)
  })

  test('is changed and deleted by what comes after it', async () => {
    await database.transaction(async tx => {
      await insert(tx, 'changed')
      await insert(tx, 'deleted')
      await setText(tx, 'changed', 'later')
      await tx.deleteFrom('notes').where('id', '=', 'deleted').execute()
    })
    expect(await ids()).toEqual(['changed'])
    expect(await textOf('changed')).toBe('later')
  })

  test('with orIgnore says whether it was written, also among others of the same commit', async () => {
    await add('there')
    const ignoring = (id: string) =>
      database.transaction(tx => insertRow(tx, 'notes', { id, text: 'second' }, { orIgnore: true }), id)
    const counts = await Promise.all(['there', 'a', 'b', 'b', 'c'].map(ignoring))
    expect(counts[0]).toBe(0n)
    expect(counts.filter(count => count === 1n)).toHaveLength(3)
    expect(await textOf('there')).toBe('')
    expect(await ids()).toEqual(['a', 'b', 'c', 'there'])
  })

  test('with 200 others goes in few statements', async () => {
    const { rows } = await sql<{ Value: string }>`show global status like 'Com_insert'`.execute(other.db)
    await Promise.all(Array.from({ length: 200 }, (_, at) => add(`n${at}`, `n${at}`)))
    const after = await sql<{ Value: string }>`show global status like 'Com_insert'`.execute(other.db)
    expect(Number(after.rows[0]!.Value) - Number(rows[0]!.Value)).toBeLessThan(120)
    expect(await ids()).toHaveLength(200)
  })
})

describe('a connection that is lost', () => {
  let proxy: TcpProxy
  let far: Database<Tables>

  beforeEach(async () => {
    const { hostname: host, port } = new URL(url)
    proxy = await startTcpProxy({ host, port: Number(port) || 3306 })
    const through = new URL(url)
    through.port = String(proxy.port)
    through.hostname = '127.0.0.1'
    far = await openDatabase<Tables>(through.href, { poolSize: 4 })
    await far.ping()
  })
  afterEach(async () => {
    await proxy.stop()
    await far.close()
  })

  const addFar = (id: string) => far.transaction(tx => insert(tx, id), id)
  const connectionId = async (tx: Tx<Tables>) =>
    (await sql<{ id: number }>`select connection_id() as id`.execute(tx)).rows[0]!.id

  test('while nobody uses it is not noticed: the next read and the next write get another', async () => {
    proxy.cut()
    expect(await far.db.selectFrom('notes').selectAll().execute()).toEqual([])
    proxy.cut()
    await addFar('written')
    expect(await ids()).toEqual(['written'])
  })

  test('by KILL in the middle of a transaction has the work run again, once', async () => {
    let tries = 0
    const killed = far.transaction(async tx => {
      await tx.insertInto('notes').values({ id: 'killed', text: '' }).execute()
      if (++tries === 1) await sql`kill ${sql.lit(await connectionId(tx))}`.execute(other.db)
      await setText(tx, 'killed', `try ${tries}`)
    }, 'killed')
    await Promise.all([killed, addFar('a'), addFar('b')])
    expect(await ids()).toEqual(['a', 'b', 'killed'])
    expect(await textOf('killed')).toBe('try 2')
  })

  test('before its last statement has the work run again', async () => {
    let tries = 0
    await far.transaction(async tx => {
      await tx.insertInto('notes').values({ id: 'cut', text: '' }).execute()
      if (++tries === 1) proxy.cut()
      await setText(tx, 'cut', `try ${tries}`)
    })
    expect([tries, await textOf('cut')]).toEqual([2, 'try 2'])
  })

  test('with the answer to a commit is told to whoever waits for it, and the work is not run again', async () => {
    const deaf = await startDeafProxy(url)
    const lossy = await openDatabase<Tables>(deaf.url, { poolSize: 4 })
    let tries = 0
    const committing = lossy.transaction(async tx => {
      tries++
      await tx
        .insertInto('notes')
        .values({ id: `once-${tries}`, text: '' })
        .execute()
      deaf.loseNextAnswer()
    })
    await expect(committing).rejects.toBeInstanceOf(DatabaseUnavailable)
    // It was committed: run again it would stand there twice.
    expect([tries, await ids()]).toEqual([1, ['once-1']])
    await lossy.close()
    await deaf.stop()
  })

  test('for good fails at once, reads and writes alike, and is forgotten when the database is back', async () => {
    await proxy.refuse()
    const startedAt = performance.now()
    const outcomes = await Promise.allSettled([
      far.db.selectFrom('notes').selectAll().execute(),
      addFar('a'),
      addFar('b'),
      far.snapshot(db => db.selectFrom('notes').selectAll().execute()),
      far.ping(),
    ])
    for (const outcome of outcomes) {
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(DatabaseUnavailable)
    }
    expect(performance.now() - startedAt).toBeLessThan(3_000)
    await proxy.accept()
    await addFar('c')
    expect(await ids()).toEqual(['c'])
  })
})

describe('values', () => {
  const keep = async (row: Partial<Tables['things']> & { id: string }) => {
    const whole = { amount: 0, note: null, bytes: null, ...row }
    await database.transaction(tx => insertRow(tx, 'things', whole))
    return other.db.selectFrom('things').selectAll().where('id', '=', row.id).executeTakeFirstOrThrow()
  }

  test('come back as they were: emoji, accents, quotes, backslashes, empty, NULL, bytes', async () => {
    const note = `😀 é ﷽ '"\\ \u0000 ; -- ${'x'.repeat(70_000).slice(0, 60_000)}`
    expect((await keep({ id: 'text', note })).note).toBe(note)
    expect((await keep({ id: 'empty', note: '' })).note).toBe('')
    expect((await keep({ id: 'null' })).note).toBeNull()
    const bytes = Buffer.from(Array.from({ length: 1_000_000 }, (_, at) => at % 256))
    expect((await keep({ id: 'bytes', bytes })).bytes?.equals(bytes)).toBe(true)
  })

  test('that are integers are numbers, up to what a number can hold', async () => {
    for (const amount of [0, -1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      expect((await keep({ id: String(amount), amount })).amount).toBe(amount)
    }
    const [row] = await database.db
      .selectFrom('things')
      .select(eb => [eb.fn.countAll<number>().as('count'), eb.fn.max('amount').as('most')])
      .execute()
    expect(row).toEqual({ count: 6, most: Number.MAX_SAFE_INTEGER })
  })

  test('that are keys are told apart by case and accents', async () => {
    for (const id of ['a', 'A', 'ä']) await add(id)
    expect((await ids()).length).toBe(3)
    expect(await database.db.selectFrom('notes').selectAll().where('id', '=', 'A').execute()).toEqual([
      { id: 'A', text: '' },
    ])
  })

  test('of a limit may be parameters', async () => {
    await Promise.all(Array.from({ length: 5 }, (_, at) => add(`n${at}`)))
    const page = prepared((db: Database<Tables>['db'], { limit }: { limit: number }) =>
      db.selectFrom('notes').select('id').orderBy('id').limit(limit),
    )
    expect(await page.all(database.db, { limit: 2 })).toEqual([{ id: 'n0' }, { id: 'n1' }])
    expect(await page.all(database.db, { limit: 4 })).toHaveLength(4)
  })

  test('too long for their column are refused, never cut', async () => {
    await expect(keep({ id: 'x'.repeat(101) })).rejects.toThrow(/too long/i)
  })

  test('never stand in the text of a statement', async () => {
    const texts = await statementsOf(async () => {
      await keep({ id: 'secret-value', note: 'secret-note', amount: 987_654 })
      await database.db.selectFrom('things').selectAll().where('note', '=', 'secret-note').limit(3).execute()
      await database.transaction(tx => setText(tx, 'secret-value', 'secret-note'))
    })
    expect(texts.length).toBeGreaterThan(2)
    expect(texts.join('\n')).not.toMatch(/secret|987654/)
  })

  test('of time are of one clock, in UTC whatever the zone of the server', async () => {
    const { rows } = await sql<{ zone: string; now: Date }>`select @@session.time_zone as zone, now(3) as now`.execute(
      database.db,
    )
    expect(rows[0]!.zone).toBe('+00:00')
    expect(Math.abs((await database.now()) - Date.now())).toBeLessThan(5_000)
    expect(Math.abs(rows[0]!.now.getTime() - Date.now())).toBeLessThan(5_000)
  })
})

test('a snapshot sees one moment, however long it reads', async () => {
  await add('before')
  const seen = await database.snapshot(async db => {
    const first = await db.selectFrom('notes').select('id').execute()
    await other.transaction(tx => insert(tx, 'meanwhile'))
    return [first.length, (await db.selectFrom('notes').select('id').execute()).length]
  })
  expect(seen).toEqual([1, 1])
  expect(await ids()).toHaveLength(2)
})

async function statementsOf(work: () => Promise<void>): Promise<string[]> {
  const texts: string[] = []
  const hear = (message: unknown) => void texts.push((message as { sql: string }).sql)
  subscribe('waybill:mysql:statement', hear)
  await work()
  unsubscribe('waybill:mysql:statement', hear)
  return texts
}

/** Passes all that is asked; when told so it breaks the connection instead of passing the next answer. */
async function startDeafProxy(target: string) {
  const { hostname: host, port } = new URL(target)
  let isLosing = false
  const server = createServer(client => {
    const upstream = connect({ host, port: Number(port) || 3306 })
    client.pipe(upstream)
    upstream.on('data', answer => {
      if (!isLosing) return client.write(answer)
      isLosing = false
      client.resetAndDestroy()
      return false
    })
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.on('close', () => [client, upstream].map(each => each.destroy()))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const through = new URL(target)
  through.port = String((server.address() as AddressInfo).port)
  through.hostname = '127.0.0.1'
  return {
    url: through.href,
    loseNextAnswer: () => {
      isLosing = true
    },
    stop: () => new Promise(resolve => server.close(resolve)),
  }
}

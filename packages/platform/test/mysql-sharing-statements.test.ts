// Callers of one MySQL transaction share its statements, and each still gets the rows, the counts and the failures that are its own.
import { channel } from 'node:diagnostics_channel'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  afterCommit,
  type Database,
  insertRow,
  isUniqueViolation,
  openDatabase,
  prepared,
  TransactionConflict,
  updateRow,
} from '../src/db/index.ts'
import { openTestDatabases, type TestDatabases } from '../src/testing/index.ts'

interface Tables {
  things: { id: string; state: string; version: number; note: string | null }
  parts: { thing: string; at: number }
}

let home: string
let databases: TestDatabases
let database: Database<Tables>
let statements: string[] = []
const onStatement = (message: unknown) => void statements.push((message as { sql: string }).sql)

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'waybill-merging-'))
  databases = await openTestDatabases(home)
  database = await openDatabase<Tables>(databases.urls.order)
  await sql`create table things (id varchar(36) primary key, state varchar(20) not null, version int not null, note text)`.execute(
    database.db,
  )
  await sql`create table parts (thing varchar(36) not null, at bigint not null, primary key (thing, at))`.execute(
    database.db,
  )
  channel('waybill:mysql:statement').subscribe(onStatement)
})
afterAll(async () => {
  channel('waybill:mysql:statement').unsubscribe(onStatement)
  await database.close()
  await databases.release()
  await rm(home, { recursive: true })
})
beforeEach(async () => {
  for (let at = 0; at < 12; at++) await add(`t${at}`)
  await database.transaction(async tx => {
    for (let at = 0; at < 12; at++) {
      for (let part = 0; part < at % 3; part++) await insertRow(tx, 'parts', { thing: `t${at}`, at: part })
    }
  })
  statements = []
})
afterEach(async () => {
  await database.db.deleteFrom('things').execute()
  await database.db.deleteFrom('parts').execute()
})

const add = (id: string) =>
  database.transaction(tx => insertRow(tx, 'things', { id, state: 'new', version: 1, note: null }))
const thingById = prepared(
  (db: Database<Tables>['db'], { id }: { id: string }) => db.selectFrom('things').selectAll().where('id', '=', id),
  { by: 'id' },
)
const partsOf = prepared(
  (db: Database<Tables>['db'], { thing }: { thing: string }) =>
    db.selectFrom('parts').selectAll().where('thing', '=', thing).orderBy('at'),
  { by: 'thing' },
)
const move = prepared(
  (db: Database<Tables>['db'], { id, from, to }: { id: string; from: string; to: string }) =>
    db
      .updateTable('things')
      .set(eb => ({ state: to, version: eb('version', '+', 1) }))
      .where('id', '=', id)
      .where('state', '=', from),
  { by: 'id' },
)
const names = Array.from({ length: 12 }, (_, at) => `t${at}`)
const all = <R>(work: (id: string, at: number) => Promise<R>) => Promise.all(names.map(work))

test('readers of the same moment share a statement, and each gets its own rows, none included', async () => {
  const found = await Promise.all([...names, 'nobody', 't3'].map(id => thingById.first(database.db, { id })))
  expect(found.map(row => row?.id)).toEqual([...names, undefined, 't3'])
  expect(statements).toHaveLength(1)
  const parts = await all(thing => partsOf.all(database.db, { thing }))
  expect(parts.map(rows => rows.map(row => row.at))).toEqual(names.map((_, at) => [[], [0], [0, 1]][at % 3]))
  expect(statements).toHaveLength(2)
})

test('callers about different things share each statement of a transaction', async () => {
  const moved = await all(id =>
    database.transaction(async tx => {
      const before = await thingById.first(tx, { id })
      const isMoved = (await move.change(tx, { id, from: 'new', to: 'done' })) === 1n
      await insertRow(tx, 'parts', { thing: id, at: 100 })
      await updateRow(tx, 'things', { key: 'id', set: { note: `note of ${id}` }, where: { id, version: 2 } })
      return isMoved && before?.version === 1
    }, id),
  )
  expect(moved).toEqual(names.map(() => true))
  // A read, two updates, an insert of 8 rows and one of 4: 12 callers, five statements.
  expect(statements.length).toBeLessThanOrEqual(5)
  const rows = await database.db.selectFrom('things').selectAll().orderBy('id').execute()
  expect(rows).toHaveLength(12)
  for (const row of rows) expect(row).toEqual({ id: row.id, state: 'done', version: 2, note: `note of ${row.id}` })
})

test('where one of them loses its guard, each is told its own outcome', async () => {
  await database.transaction(tx => move.change(tx, { id: 't4', from: 'new', to: 'gone' }))
  const moved = await all(id => database.transaction(tx => move.change(tx, { id, from: 'new', to: 'done' }), id))
  expect(moved).toEqual(names.map(id => (id === 't4' ? 0n : 1n)))
})

test('works about the same thing run one after the other, in the order of their calls', async () => {
  const seen: (number | undefined)[] = []
  await Promise.all(
    [1, 2, 3].map(() =>
      database.transaction(async tx => {
        const { version } = (await thingById.first(tx, { id: 't1' }))!
        seen.push(version)
        await updateRow(tx, 'things', { key: 'id', set: { version: version + 1 }, where: { id: 't1', version } })
      }, 't1'),
    ),
  )
  expect(seen).toEqual([1, 2, 3])
})

test('a failing caller loses its own writes and hooks, and nobody else loses any', async () => {
  const hooks: string[] = []
  const outcomes = await Promise.allSettled(
    names.map((id, at) =>
      database.transaction(async tx => {
        await move.run(tx, { id, from: 'new', to: 'done' })
        await insertRow(tx, 'parts', { thing: id, at: 100 })
        afterCommit(tx, () => hooks.push(id))
        if (at === 5) throw new Error('changed my mind')
      }, id),
    ),
  )
  expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(names.map((_, at) => at !== 5))
  expect(hooks.toSorted()).toEqual(names.filter(id => id !== 't5').toSorted())
  const { state } = (await thingById.first(database.db, { id: 't5' }))!
  expect(state).toBe('new')
  expect((await partsOf.all(database.db, { thing: 't5' })).map(row => row.at)).toEqual([0, 1])
})

test('a row that is there already is the matter of who inserts it, whoever makes it come out', async () => {
  const [ignored, refused, other, reader] = await Promise.allSettled([
    database.transaction(
      tx => insertRow(tx, 'things', { id: 't1', state: 'x', version: 1, note: null }, { orIgnore: true }),
      'a',
    ),
    database.transaction(tx => insertRow(tx, 'things', { id: 't2', state: 'x', version: 1, note: null }), 'b'),
    database.transaction(async tx => {
      await insertRow(tx, 'things', { id: 'new', state: 'x', version: 1, note: null })
      return (await tx.selectFrom('things').selectAll().execute()).length
    }, 'c'),
    database.transaction(async tx => (await tx.selectFrom('things').selectAll().execute()).length, 'd'),
  ])
  expect(ignored).toEqual({ status: 'fulfilled', value: 0n })
  expect(refused.status === 'rejected' && isUniqueViolation(refused.reason)).toBe(true)
  expect(other).toEqual({ status: 'fulfilled', value: 13 })
  expect(reader.status === 'fulfilled' && reader.value >= 12).toBe(true)
})

test('many rows that are there already have their commit run once more, however many they are', async () => {
  const runs: number[] = []
  const onRerun = (message: unknown) => void runs.push((message as { members: number }).members)
  channel('waybill:mysql:rerun').subscribe(onRerun)
  try {
    const written = await Promise.all(
      Array.from({ length: 48 }, (_, at) =>
        database.transaction(
          tx => insertRow(tx, 'things', { id: `t${at % 36}`, state: 'x', version: 1, note: null }, { orIgnore: true }),
          `t${at % 36}`,
        ),
      ),
    )
    // 12 were there, 24 are new, and 12 came twice.
    expect(written.filter(count => count === 1n)).toHaveLength(24)
    expect(runs).toEqual([48])
  } finally {
    channel('waybill:mysql:rerun').unsubscribe(onRerun)
  }
})

test('whoever finds that what it read no longer holds is run again, and reads anew', async () => {
  const reads: number[] = []
  await all(id =>
    database.transaction(async tx => {
      const { version } = (await thingById.first(tx, { id }))!
      if (id === 't7') reads.push(version)
      if (id === 't7' && reads.length === 1) throw new TransactionConflict('somebody was quicker')
      await updateRow(tx, 'things', { key: 'id', set: { version: version + 1 }, where: { id, version } })
    }, id),
  )
  expect(reads).toEqual([1, 1])
  expect((await database.db.selectFrom('things').select('version').execute()).map(row => row.version)).toEqual(
    names.map(() => 2),
  )
})

// Transactions of concurrent callers share one commit, and each keeps its own outcome.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { afterCommit, type Database, isUniqueViolation, migrate, openDatabase } from '../src/db/index.ts'
import type { NoteTables } from './echo-service.ts'

let folder: string
let database: Database<NoteTables>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-db-'))
  database = await openDatabase<NoteTables>(`sqlite:${folder}/new/notes.sqlite`)
  await migrate(database, new URL('./echo-migrations/', import.meta.url))
})
afterEach(async () => {
  await database.close()
  await rm(folder, { recursive: true })
})

const add = (id: string) => database.transaction(tx => tx.insertInto('notes').values({ id, text: '' }).execute())
const ids = async () => (await database.db.selectFrom('notes').select('id').orderBy('id').execute()).map(row => row.id)

test('a failing member loses its own writes and nobody else loses any', async () => {
  const failing = database.transaction(async tx => {
    await tx.insertInto('notes').values({ id: 'lost', text: '' }).execute()
    throw new Error('changed my mind')
  })
  const outcomes = await Promise.allSettled([add('a'), failing, add('b'), add('a'), add('c')])
  expect(outcomes.map(outcome => outcome.status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(isUniqueViolation((outcomes[3] as PromiseRejectedResult).reason)).toBe(true)
  expect(isUniqueViolation((outcomes[1] as PromiseRejectedResult).reason)).toBe(false)
  expect(await ids()).toEqual(['a', 'b', 'c'])
})

test('hooks run after the commit, and never for a member that failed', async () => {
  const ran: string[] = []
  const hooked = (id: string, fail: boolean) =>
    database.transaction(async tx => {
      await tx.insertInto('notes').values({ id, text: '' }).execute()
      afterCommit(tx, () => ran.push(id))
      if (fail) throw new Error('no')
    })
  await Promise.allSettled([hooked('a', false), hooked('b', true), hooked('c', false)])
  expect(ran).toEqual(['a', 'c'])
})

test('nothing is answered before it is committed: a second connection sees it at once', async () => {
  const other = await openDatabase<NoteTables>(`sqlite:${folder}/new/notes.sqlite`)
  await Promise.all(
    Array.from({ length: 300 }, async (_, at) => {
      await add(`note-${at}`)
      const seen = await other.db.selectFrom('notes').select('id').where('id', '=', `note-${at}`).executeTakeFirst()
      expect(seen).toEqual({ id: `note-${at}` })
    }),
  )
  await other.close()
})

test('when the commit itself fails, every member is told', async () => {
  // A deferred foreign key is checked at the commit only.
  await sql`create table parents (id integer primary key)`.execute(database.db)
  await sql`create table children (parent integer references parents (id) deferrable initially deferred)`.execute(
    database.db,
  )
  const orphan = database.transaction(tx => sql`insert into children values (1)`.execute(tx))
  const outcomes = await Promise.allSettled([add('a'), orphan, add('b')])
  expect(outcomes.map(outcome => outcome.status)).toEqual(['rejected', 'rejected', 'rejected'])
  expect(await ids()).toEqual([])
  await add('later')
  expect(await ids()).toEqual(['later'])
})

test('a reader never waits for a writer and never sees half of its work', async () => {
  let seen: string[] | undefined
  await database.transaction(async tx => {
    await tx.insertInto('notes').values({ id: 'a', text: '' }).execute()
    seen = await ids()
    await tx.insertInto('notes').values({ id: 'b', text: '' }).execute()
  })
  expect(seen).toEqual([])
  expect(await ids()).toEqual(['a', 'b'])
})

test('a write outside of a transaction waits for its turn', async () => {
  const transaction = database.transaction(async tx => {
    await tx.insertInto('notes').values({ id: 'a', text: '' }).execute()
    await tx.insertInto('notes').values({ id: 'b', text: '' }).execute()
  })
  await Promise.all([transaction, database.db.insertInto('notes').values({ id: 'c', text: '' }).execute()])
  expect(await ids()).toEqual(['a', 'b', 'c'])
})

test('migrations are applied once, however often they are asked for', async () => {
  await add('kept')
  await migrate(database, new URL('./echo-migrations/', import.meta.url))
  expect(await ids()).toEqual(['kept'])
})

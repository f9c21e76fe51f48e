// With SQLite a commit is on the disk when it answers, and the thread that answers HTTP does not wait for that.
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Database, migrate, openDatabase } from '../src/db/index.ts'
import type { NoteTables } from './echo-service.ts'

let folder: string
let handles: FileHandle
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-db-'))
  const handle = await open(folder)
  handles = Object.getPrototypeOf(handle)
  await handle.close()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true })
})

async function openNotes(synchronous: 'full' | 'normal'): Promise<Database<NoteTables>> {
  const database = await openDatabase<NoteTables>(`sqlite:${folder}/notes.sqlite`, { synchronous })
  await migrate(database, new URL('./echo-migrations/', import.meta.url))
  return database
}

const add = (database: Database<NoteTables>, id: string) =>
  database.transaction(tx => tx.insertInto('notes').values({ id, text: '' }).execute())
const listIds = async ({ db }: Database<NoteTables>) =>
  (await db.selectFrom('notes').select('id').execute()).map(({ id }) => id)

test('a commit answers once the disk has it, and others read and write meanwhile', async () => {
  const database = await openNotes('full')
  const disk = Promise.withResolvers<void>()
  const datasync = vi.spyOn(handles, 'datasync').mockReturnValueOnce(disk.promise)
  const answered = vi.fn()
  const first = add(database, 'first').then(answered)
  await vi.waitFor(() => expect(datasync).toHaveBeenCalledTimes(1))
  await database.db.insertInto('notes').values({ id: 'second', text: '' }).execute()
  expect(datasync).toHaveBeenCalledTimes(2)
  expect(await listIds(database)).toEqual(['first', 'second'])
  expect(answered).not.toHaveBeenCalled()
  disk.resolve()
  await first
  await database.close()
})

test('where the disk fails, who waits for it hears so, and nobody else loses anything', async () => {
  const database = await openNotes('full')
  const disk = Promise.withResolvers<void>()
  vi.spyOn(handles, 'datasync').mockReturnValueOnce(disk.promise)
  const failing = database.db
    .transaction()
    .execute(tx => tx.insertInto('notes').values({ id: 'failing', text: '' }).execute())
  const outcome = expect(failing).rejects.toThrow('EIO')
  await database.db.transaction().execute(async tx => {
    await tx.insertInto('notes').values({ id: 'other', text: '' }).execute()
    disk.reject(new Error('EIO'))
    await outcome
  })
  expect(await listIds(database)).toContain('other')
  await database.close()
})

test('who only reads waits for no disk, nor does anybody where a power cut may take the last commits', async () => {
  const database = await openNotes('full')
  const datasync = vi.spyOn(handles, 'datasync')
  await database.transaction(tx => tx.selectFrom('notes').selectAll().execute())
  await database.close()
  const lax = await openNotes('normal')
  await add(lax, 'lax')
  await lax.close()
  expect(datasync).not.toHaveBeenCalled()
})

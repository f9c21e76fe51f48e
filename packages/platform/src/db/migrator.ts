// Brings a database up to date with the plain SQL files of its service, each exactly once, however many processes start at once.
import { readdirSync, readFileSync } from 'node:fs'
import { type Kysely, type Migration, Migrator, sql } from 'kysely'
import type { Database } from './database.ts'

const platformMigrations = new URL('../../migrations/', import.meta.url)
const doesNothing: Migration = { up: async () => {} }

/**
 * Applies what is missing of the platform's and the service's `NNNN-name.sql` files, in the order of their names; one
 * process at a time does (Kysely's lock). A file that has landed is never changed: versions of the code run side by side,
 * so a new one only adds, and what a newer version has applied is left alone. Answers the names of what this call applied.
 */
export async function migrate<T>(database: Database<T>, serviceMigrations: URL): Promise<string[]> {
  const db = database.db as unknown as Kysely<never>
  if (database.engine === 'mysql') await compareBytes(db)
  const files = [platformMigrations, serviceMigrations].map(folder => readMigrations(folder, database.engine))
  const migrator = new Migrator({
    db,
    allowUnorderedMigrations: true,
    provider: {
      getMigrations: async () => ({ ...(await appliedByOthers(db)), ...files[0], ...files[1] }),
    },
  })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  return results.map(({ migrationName }) => migrationName)
}

/** Keys are told apart by case and accents, as SQLite does it. */
async function compareBytes(db: Kysely<never>): Promise<void> {
  const { rows } = await sql<{ name: string; collation: string }>`
    select schema_name as name, default_collation_name as collation from information_schema.schemata
    where schema_name = database()`.execute(db)
  const [{ name, collation } = { name: '', collation: '' }] = rows
  if (collation === 'utf8mb4_bin') return
  await sql`alter database ${sql.id(name)} character set utf8mb4 collate utf8mb4_bin`.execute(db)
}

/** Kysely holds a migration that it finds applied and nowhere in its files for a mistake. */
async function appliedByOthers(db: Kysely<never>): Promise<Record<string, Migration>> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return Object.fromEntries(rows.map(({ name }) => [name, doesNothing]))
}

function readMigrations(folder: URL, engine: Database<never>['engine']): Record<string, Migration> {
  const files = readdirSync(folder).filter(file => file.endsWith('.sql'))
  return Object.fromEntries(
    files.map(file => [
      file.slice(0, -'.sql'.length),
      {
        up: async (db: Kysely<never>) => {
          for (const statement of splitStatements(readFileSync(new URL(file, folder), 'utf8'))) {
            await run(statement, db, engine)
          }
        },
      },
    ]),
  )
}

/** Our files hold no semicolon inside a string or a trigger: a statement ends at a semicolon that ends its line. */
function splitStatements(text: string): string[] {
  return text
    .replace(/^--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map(statement => statement.trim())
    .filter(statement => statement !== '')
}

/** ER_TABLE_EXISTS_ERROR, ER_DUP_FIELDNAME, ER_DUP_KEYNAME, ER_DUP_ENTRY */
const alreadyThere = new Set([1050, 1060, 1061, 1062])

async function run(statement: string, db: Kysely<never>, engine: Database<never>['engine']): Promise<void> {
  try {
    await sql.raw(statement).execute(db)
  } catch (error) {
    // MySQL commits each statement of a migration by itself: one that was cut off goes on where it was.
    if (engine !== 'mysql' || !alreadyThere.has((error as { errno?: number }).errno ?? 0)) throw error
  }
}

// Brings a database up to date with the plain SQL files of its service, each exactly once.
import { readdirSync, readFileSync } from 'node:fs'
import { type Kysely, type Migration, Migrator, sql } from 'kysely'

const platformMigrations = new URL('../../migrations/', import.meta.url)

/** Applies what is missing of the platform's and the service's `NNNN-name.sql` files, in the order of their names. */
export async function migrate(db: Kysely<never>, serviceMigrations: URL): Promise<void> {
  const migrations = { ...readMigrations(platformMigrations), ...readMigrations(serviceMigrations) }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}

function readMigrations(folder: URL): Record<string, Migration> {
  const files = readdirSync(folder).filter(file => file.endsWith('.sql'))
  return Object.fromEntries(
    files.map(file => [
      file.slice(0, -'.sql'.length),
      {
        up: async (db: Kysely<never>) => {
          for (const statement of splitStatements(readFileSync(new URL(file, folder), 'utf8'))) {
            await sql.raw(statement).execute(db)
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

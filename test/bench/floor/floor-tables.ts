// The floors' tables are the services' own, made from their very migrations: the same rows, columns and indexes.
import { readdirSync, readFileSync } from 'node:fs'
import { serviceNames } from '@waybill/contracts'

const project = new URL('../../../', import.meta.url)
const folders = ['packages/platform/migrations/', ...serviceNames.map(name => `services/${name}/migrations/`)]

/** The statements that make all tables in one empty database. */
export function tableStatements(): string[] {
  return folders.flatMap(path => {
    const folder = new URL(path, project)
    const files = readdirSync(folder).filter(file => file.endsWith('.sql'))
    return files.toSorted().flatMap(file => splitStatements(readFileSync(new URL(file, folder), 'utf8')))
  })
}

/** A statement ends at a semicolon that ends its line, as the services' own migrator has it. */
function splitStatements(text: string): string[] {
  const statements = text.replace(/^--.*$/gm, '').split(/;[ \t]*$/m)
  return statements.map(statement => statement.trim()).filter(statement => statement !== '')
}

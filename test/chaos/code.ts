// Which version of the code a process runs: this checkout, an older commit, or a version that is yet to come.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Code {
  readonly name: string
  readonly folder: string
}

const project = fileURLToPath(new URL('../..', import.meta.url))
const parts = ['apps', 'packages', 'services', 'scripts', 'package.json', 'package-lock.json']

/** The code of a commit, laid out in `folder` and running on what is installed here. */
export function codeOfCommit(ref: string, folder: string): Code {
  mkdirSync(folder, { recursive: true })
  const archive = execFileSync('git', ['-C', project, 'archive', ref, ...parts], { maxBuffer: 1 << 28 })
  const { status, stderr } = spawnSync('tar', ['-x', '-C', folder], { input: archive })
  if (status !== 0) throw new Error(`${ref} could not be laid out: ${stderr}`)
  linkWhatIsInstalled(folder)
  return { name: ref, folder }
}

/** A copy of this code as it is now, whatever is edited meanwhile. */
export function frozenCode(folder: string): Code {
  copyCode(project, folder)
  return { name: 'this version', folder }
}

/**
 * The code of `base` with what a version after it may bring: facts that this one does not know in every event, an extension in
 * every envelope, and a column more in tables that both write.
 */
export function nextCode(base: Code, folder: string): Code {
  copyCode(base.folder, folder)
  edit(
    join(folder, 'packages/platform/src/bus/event.ts'),
    /\n( +)data,\n/,
    '\n$1nextversion: "2",\n$1data: { ...data, known_to_the_next: { since: now } },\n',
  )
  for (const [service, table] of [
    ['order', 'orders'],
    ['order', 'user_processes'],
    ['payment', 'payments'],
    ['data', 'exports'],
  ]) {
    writeFileSync(
      join(folder, 'services', service!, 'migrations', `9000-next-${table}.sql`),
      `-- What the next version knows of ${table}.\nalter table ${table} add column known_to_the_next varchar(20) default 'yes';\n`,
    )
  }
  return { name: 'next version', folder }
}

/** Does a commit know the settings of this topology? One that does not cannot run beside us. */
export function knowsEngines(code: Code): boolean {
  return readFileSync(join(code.folder, 'packages/contracts/src/settings.ts'), 'utf8').includes('mysql:')
}

function copyCode(from: string, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const part of parts) cpSync(join(from, part), join(folder, part), { recursive: true, filter: isCode })
  linkWhatIsInstalled(folder)
}

function isCode(path: string): boolean {
  return !/\/(node_modules|var)$/.test(path)
}

function edit(file: string, what: RegExp, by: string): void {
  const before = readFileSync(file, 'utf8')
  const after = before.replace(what, by)
  if (after === before) throw new Error(`the next version cannot be made any more: ${file} does not hold ${what}`)
  writeFileSync(file, after)
}

/** Our own packages are those of the folder; what we depend on is installed here. */
function linkWhatIsInstalled(folder: string): void {
  const installed = join(project, 'node_modules')
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@waybill'), { recursive: true })
  for (const name of readdirSync(installed)) {
    if (name !== '@waybill' && !['.cache', '.installed', '.package-lock.json'].includes(name)) {
      symlinkSync(join(installed, name), join(modules, name))
    }
  }
  for (const name of readdirSync(join(installed, '@waybill'))) {
    symlinkSync(readlinkSync(join(installed, '@waybill', name)), join(modules, '@waybill', name))
  }
  // Else it would install, at its start, what its own lock file wants.
  const lock = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json')))
  writeFileSync(join(modules, '.installed'), `${lock.digest('hex')} all`)
}

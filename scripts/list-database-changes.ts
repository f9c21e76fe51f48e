// What a release does to the databases, for its notes: the SQL files that came between two commits, with their texts, as Markdown.
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const usage = `node scripts/list-database-changes.ts <from> [<to>] [--service NAME]   (npm run database-changes -- …)
  <from>, <to>     commits, tags or branches; <to> is HEAD unless given; "nothing" for <from> lists every file
  --service NAME   only what that service's database gets: its own files and the platform's
Ends with 1 where a file that was there before was changed, renamed or deleted: databases have it already as it was.`

/** What git calls a tree without files. */
const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
const ofPlatform = 'packages/platform/migrations'

interface Change {
  /** As git says it: A is added. */
  status: string
  path: string
}

main()

function main(): void {
  const { values, positionals } = readOptions()
  const [from = '', to = 'HEAD'] = positionals
  if (from === '' || positionals.length > 2) refuse(usage)
  const between = [from === 'nothing' ? emptyTree : commitOf(from), commitOf(to)] as const
  const services = servicesOf(between[1])
  if (values.service !== undefined && !services.includes(values.service))
    refuse(`there is no service ${values.service}; there are: ${services.join(', ')}`)
  const changes = readChanges(...between)

  // A release of one service, too, must not be built from a tree in which another's past was changed.
  const changed = changes.filter(({ status }) => status !== 'A')
  for (const { status, path } of changed)
    console.error(
      `${path} ${whatHappened(status)} after it was committed: databases have it as it was; write a new file instead`,
    )
  if (changed.length > 0) process.exitCode = 1

  const wanted = values.service === undefined ? services : [values.service]
  const parts = wanted.map(name => ({ title: name, folder: `services/${name}/migrations` }))
  process.stdout.write(
    asMarkdown(from, to, changes, [{ title: 'every service', folder: ofPlatform }, ...parts], between[1]),
  )
}

function readOptions() {
  try {
    return parseArgs({ allowPositionals: true, options: { service: { type: 'string' } } })
  } catch (error) {
    return refuse(`${(error as Error).message}\n${usage}`)
  }
}

function refuse(message: string): never {
  console.error(message)
  process.exit(2)
}

function git(...options: string[]): string {
  return execFileSync('git', options, {
    encoding: 'utf8',
    maxBuffer: 64 * 1_048_576,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function commitOf(name: string): string {
  try {
    return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`).trim()
  } catch {
    return refuse(`there is no commit ${name} here (a shallow clone has too few: git fetch --unshallow --tags)`)
  }
}

/** Those that the newer commit has. */
function servicesOf(commit: string): string[] {
  return git('ls-tree', '-d', '--name-only', commit, 'services/')
    .split('\n')
    .filter(Boolean)
    .map(path => path.slice('services/'.length))
}

function readChanges(from: string, to: string): Change[] {
  const listed = git(
    'diff',
    '--name-status',
    '--no-renames',
    '-z',
    from,
    to,
    '--',
    'services/*/migrations/*.sql',
    `${ofPlatform}/*.sql`,
  )
  const words = listed.split('\0').slice(0, -1)
  return Array.from({ length: words.length / 2 }, (_, at) => ({ status: words[2 * at]!, path: words[2 * at + 1]! }))
}

function whatHappened(status: string): string {
  return status === 'D' ? 'was deleted or renamed' : 'was changed'
}

interface Part {
  title: string
  folder: string
}

function asMarkdown(from: string, to: string, changes: Change[], parts: Part[], commit: string): string {
  const added = changes.filter(({ status }) => status === 'A').map(({ path }) => path)
  const texts = parts.flatMap(({ title, folder }) => {
    const files = added.filter(path => path.startsWith(`${folder}/`)).sort()
    if (files.length === 0) return []
    return [
      `### Database of ${title}\n`,
      ...files.map(path => `\`${path}\`\n\n\`\`\`sql\n${git('show', `${commit}:${path}`).trimEnd()}\n\`\`\`\n`),
    ]
  })
  const head = `## Database changes from ${from} to ${to}\n`
  return `${[head, ...(texts.length > 0 ? texts : ['None.\n'])].join('\n')}`
}

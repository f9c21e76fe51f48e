// What a release does to the databases is told from the commits, and what has been committed stays as it was.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const migrations = globSync(['services/*/migrations/*.sql', 'packages/platform/migrations/*.sql'], { cwd: root }).sort()

function listChanges(folder: string, ...options: string[]) {
  return spawnSync('node', [`${root}scripts/list-database-changes.ts`, ...options], { cwd: folder, encoding: 'utf8' })
}

describe('the database changes between two commits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-changes-'))
  const git = (...options: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...options], {
      cwd: folder,
      stdio: 'pipe',
    })
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const commit = (tag: string) => {
    git('add', '--all')
    git('commit', '--quiet', '--message', tag)
    git('tag', tag)
  }
  const orders = 'services/order/migrations/0001-orders.sql'

  beforeAll(() => {
    git('init', '--quiet')
    write(orders, 'create table orders (id char(36));\n')
    write('services/user/migrations/0001-users.sql', 'create table users (id char(36));\n')
    commit('v1')
    write(
      'services/order/migrations/0002-notes.sql',
      '-- What the customer said.\nalter table orders add column note text;\n',
    )
    write('packages/platform/migrations/0001-timers.sql', 'create table timers (id char(36));\n')
    write('services/order/README.md', 'orders\n')
    commit('v2')
    write('services/user/README.md', 'users\n')
    commit('v3')
    write(orders, 'create table orders (id char(40));\n')
    commit('v4')
    git('checkout', '--quiet', 'v3')
    renameSync(join(folder, orders), join(folder, 'services/order/migrations/0001-all-orders.sql'))
    commit('v5')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('are the files that came, with their texts, service by service', () => {
    expect(listChanges(folder, 'v1', 'v2')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: `## Database changes from v1 to v2

### Database of every service

\`packages/platform/migrations/0001-timers.sql\`

\`\`\`sql
create table timers (id char(36));
\`\`\`

### Database of order

\`services/order/migrations/0002-notes.sql\`

\`\`\`sql
-- What the customer said.
alter table orders add column note text;
\`\`\`
`,
    })
  })

  test('are for a service its own and those of every service', () => {
    const { stdout } = listChanges(folder, 'v1', 'v2', '--service', 'user')
    expect(stdout).toContain('0001-timers.sql')
    expect(stdout).not.toContain('0002-notes.sql')
  })

  test('are none where no SQL came, and all of it where nothing was there', () => {
    expect(listChanges(folder, 'v2', 'v3').stdout).toBe('## Database changes from v2 to v3\n\nNone.\n')
    expect(listChanges(folder, 'nothing', 'v1').stdout).toMatch(/0001-orders\.sql.*0001-users\.sql/s)
  })

  test.each([
    ['changed', 'v4', 'was changed'],
    ['renamed', 'v5', 'was deleted or renamed'],
  ])('end with 1 and name the file where one that was committed was %s', (_how, to, told) => {
    const { status, stderr } = listChanges(folder, 'v3', to)
    expect(status).toBe(1)
    expect(stderr).toContain(`${orders} ${told}`)
    // The others' past as well: one image has them all.
    expect(listChanges(folder, 'v3', to, '--service', 'user').status).toBe(1)
  })

  test.each([
    ['an unknown commit', ['v9'], 'there is no commit v9'],
    ['an unknown service', ['v1', 'v2', '--service', 'ordre'], 'there is no service ordre; there are: order, user'],
    ['an unknown option', ['v1', '--servce', 'user'], '--servce'],
    ['an option in the place of a commit', ['--', '--output=x'], 'there is no commit --output=x'],
  ])('refuse %s with 2', (_what, options, told) => {
    const { status, stderr } = listChanges(folder, ...options)
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining(told) })
  })
})

describe.skipIf(!existsSync(join(root, '.git')))('in this repository', () => {
  test('every file of SQL is in the list that begins with nothing', () => {
    const { status, stdout } = listChanges(root, 'nothing', 'HEAD')
    expect(status).toBe(0)
    const committed = execFileSync('git', ['ls-tree', '-r', '--name-only', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
    }).split('\n')
    const listed = [...stdout.matchAll(/^`(.+\.sql)`$/gm)].map(([, path]) => path)
    expect(listed.length).toBeGreaterThan(7)
    expect(listed.sort()).toEqual(migrations.filter(path => committed.includes(path)))
  })

  test('no file of SQL was changed, renamed or deleted after it was committed', () => {
    const git = (...options: string[]) => spawnSync('git', options, { cwd: root, encoding: 'utf8' })
    // Earlier ones were tidied before anybody had a database. A clone without that commit has only later ones.
    const since = 'cfef622da44f199976da2a003061d79360530e14'
    const commits = git('cat-file', '-e', since).status === 0 ? `${since}..HEAD` : 'HEAD'
    const history = ['log', commits, '--no-renames', '--diff-filter=MDT', '--name-only', '--format=', '--']
    const { status, stdout } = git(...history, 'services/*/migrations/*.sql', 'packages/platform/migrations/*.sql')
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })
})

/** What the version before can live with, beside the newer one and after a way back. */
const onlyAdds = [
  /^create table \w+ \(/,
  /^create index \w+ on \w+ \(/,
  /^insert into \w+ \(/,
  /^update \w+ set /,
  // It does not know the column, so its inserts leave it out.
  /^alter table \w+ add column \w+ (?!.*not null(?!.*default)|.*unique)/,
]
const statementsOf = (text: string) =>
  text
    .replace(/^--.*$/gm, '')
    .split(/;[ \t]*$/m)
    .map(each => each.trim().replace(/\s+/g, ' '))
    .filter(Boolean)
const breaking = (text: string) => statementsOf(text).filter(each => !onlyAdds.some(form => form.test(each)))

test('what the version before could not live with is seen', () => {
  const planted = [
    'drop table orders',
    'alter table orders drop column note',
    'alter table orders rename to parcels',
    'alter table orders add column note text not null',
    'alter table orders modify column state char(1)',
    'create unique index orders_once on orders (user_id)',
    'delete from prices',
  ]
  expect(breaking(`${planted.join(';\n')};\nalter table orders add column weight int not null default 0;\n`)).toEqual(
    planted,
  )
})

test.each(migrations)('%s only adds', path => {
  expect(breaking(readFileSync(join(root, path), 'utf8'))).toEqual([])
})

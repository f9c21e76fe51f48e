// The house keeps its walls: what the lint step must refuse is refused, and the tree is named by the business.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serviceNames } from '@waybill/contracts'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Lints files that break a rule, in a house of their own with our rules. */
function lint(planted: Record<string, string>): string {
  const house = mkdtempSync(join(tmpdir(), 'waybill-house-'))
  const { $schema: _, vcs: __, ...rules } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  writeFileSync(join(house, 'biome.json'), JSON.stringify(rules))
  for (const [path, code] of Object.entries(planted)) {
    mkdirSync(dirname(join(house, path)), { recursive: true })
    writeFileSync(join(house, path), code)
  }
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/biome'), ['lint', '.'], {
    cwd: house,
    encoding: 'utf8',
  })
  rmSync(house, { recursive: true })
  return stdout + stderr
}

test.each([
  ['a service by its name', 'services/user/src/x.ts', "export { createOrderService } from '@waybill/order-service'\n"],
  [
    'a service by its path',
    'services/user/src/bo/x.ts',
    "export { listPrices } from '../../../order/src/dao/price-dao.ts'\n",
  ],
  [
    'a service from a package',
    'packages/platform/src/x.ts',
    "export { createOrderService } from '@waybill/order-service'\n",
  ],
  [
    'anything but the SDK from the command line',
    'apps/cli/src/x.ts',
    "export { errorCatalogue } from '@waybill/contracts'\n",
  ],
  [
    'anything but the SDK from the console',
    'apps/console/src/x.ts',
    "export { errorCatalogue } from '@waybill/contracts'\n",
  ],
])('the lint step refuses to import %s', (_what, path, code) => {
  expect(lint({ [path]: code })).toContain('noRestrictedImports')
})

test('the lint step refuses any, import cycles and promises that nobody awaits', () => {
  expect(lint({ 'services/user/src/x.ts': 'export const x: any = 1\n' })).toContain('noExplicitAny')
  const cycle = {
    'services/user/src/a.ts': "import { b } from './b.ts'\nexport const a = () => b\n",
    'services/user/src/b.ts': "import { a } from './a.ts'\nexport const b = () => a\n",
  }
  expect(lint(cycle)).toContain('noImportCycles')
  const floating = 'async function work(): Promise<void> {}\nexport function start(): void {\n  work()\n}\n'
  expect(lint({ 'services/user/src/x.ts': floating })).toContain('noFloatingPromises')
  expect(lint({ 'services/user/src/x.ts': 'export const x = 1\n' })).not.toContain('lint/')
})

const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map(entry => join(entry.parentPath, entry.name).slice(root.length))
const sources = ['packages', 'services', 'apps', 'scripts', 'test'].flatMap(files)

test('no file or folder is called utils, helpers, common or types', () => {
  expect(sources.filter(path => /(^|\/)(utils?|helpers?|common|types|misc)(\.|\/)/.test(path))).toEqual([])
})

test('every source file opens with a sentence that says why it exists', () => {
  const silent = sources
    .filter(path => /\/src\/.*\.tsx?$/.test(path) && !path.endsWith('/index.ts'))
    .filter(path => !/^(#!.*\n)?(\/\/|\/\*\*) ?\S/.test(readFileSync(join(root, path), 'utf8')))
  expect(silent).toEqual([])
})

test('every service has the same rooms and a page of its own', () => {
  for (const name of serviceNames) {
    const rooms = files(`services/${name}`)
    for (const room of [
      'src/routes/',
      'src/controllers/',
      'src/bo/',
      'src/dao/',
      'src/models/',
      'migrations/',
      'test/',
    ]) {
      expect(
        rooms.some(path => path.startsWith(`services/${name}/${room}`)),
        `services/${name}/${room}`,
      ).toBe(true)
    }
    expect(rooms).toContain(`services/${name}/README.md`)
    expect(rooms).toContain(`services/${name}/src/${name}-service.ts`)
  }
})

test('SQL is written in daos only, and migrations hold what both databases understand', () => {
  const elsewhere = sources
    .filter(path => /^services\/.*\/src\/(bo|controllers|routes)\//.test(path))
    .filter(path => /\.(selectFrom|insertInto|updateTable|deleteFrom)\(/.test(readFileSync(join(root, path), 'utf8')))
  expect(elsewhere).toEqual([])
  for (const path of sources.filter(path => path.endsWith('.sql'))) {
    expect(readFileSync(join(root, path), 'utf8'), path).not.toMatch(
      /autoincrement|if not exists|returning|on conflict|without rowid|strict;/i,
    )
  }
})

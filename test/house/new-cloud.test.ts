// What `npm run new-cloud` writes must work as it is: it passes the suite of clouds, the lint step and the type checker.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
let checkout: string

/** A checkout with no more than the data service in it. */
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'waybill-new-cloud-'))
  cpSync(join(root, 'services/data'), join(checkout, 'services/data'), {
    recursive: true,
    filter: path => !path.includes('node_modules'),
  })
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
  const { $schema: _, vcs: __, ...rules } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  writeFileSync(join(checkout, 'biome.json'), JSON.stringify(rules))
  const types = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
  const written = ['services/data/src/clouds/drivers/acme-disk.ts', 'services/data/test/clouds/acme-disk.test.ts']
  writeFileSync(join(checkout, 'tsconfig.json'), JSON.stringify({ ...types, include: written }))
})
afterAll(() => rmSync(checkout, { recursive: true }))

/** What they print is read here, without colours. */
const { FORCE_COLOR: _, ...environment } = { ...process.env, NO_COLOR: '1' } as NodeJS.ProcessEnv

const run = (command: string, ...options: string[]) => {
  const { status, stdout, stderr } = spawnSync(command, options, { cwd: checkout, encoding: 'utf8', env: environment })
  return { status, output: stdout + stderr }
}
const newCloud = (...options: string[]) => run(process.execPath, join(root, 'scripts/new-cloud.ts'), ...options)
const tool = (name: string, ...options: string[]) => run(join(root, 'node_modules/.bin', name), ...options)

test('it writes a driver and a test that pass the suite, the lint step and the type checker', () => {
  const written = newCloud('acme-disk', '--into', checkout)
  expect(written).toEqual({ status: 0, output: expect.stringContaining('drivers/acme-disk.ts') })
  expect(tool('biome', 'ci', '--error-on-warnings', 'services/data')).toMatchObject({ status: 0 })
  expect(tool('tsc', '--noEmit')).toEqual({ status: 0, output: '' })
  const suite = tool('vitest', 'run', '--root', checkout, 'services/data/test/clouds/acme-disk.test.ts')
  expect(suite).toMatchObject({ status: 0, output: expect.stringMatching(/Tests +\d+ passed/) })
})

test.each([
  ['no name', [], 'name the cloud'],
  ['a name that is none', ['../evil'], 'name the cloud'],
  ['a name that is taken', ['local', '--into', root], 'is there already'],
])('with %s it says what to do and writes nothing', (_what, options, said) => {
  expect(newCloud(...options)).toEqual({ status: 2, output: expect.stringContaining(said) })
})

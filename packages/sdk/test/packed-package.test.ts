// What `npm pack` makes is what people get: it installs alone, its types resolve, the README's examples run, browsers can have it.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newHome, runServer } from '../../../test/system/running-server.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const binaries = join(root, 'node_modules/.bin')
const operator = { OPERATOR_EMAIL: 'operator@example.com', OPERATOR_PASSWORD: 'the password of the operator' }
let folder: string
/** A project that has nothing but the package. */
let project: string

/** Answers what the command prints; throws with all of it where it fails. */
async function run(cwd: string, command: string, ...options: string[]): Promise<string> {
  const env = { ...process.env, PATH: `${binaries}:${process.env.PATH}` }
  const { stdout } = await promisify(execFile)(command, options, { cwd, env }).catch(error => {
    throw new Error(`${command} ${options.join(' ')}: ${error.stdout}${error.stderr}`)
  })
  return stdout
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-sdk-'))
  const checkout = join(folder, 'checkout')
  for (const part of ['packages/sdk', 'packages/contracts', 'scripts/pack-sdk.ts', 'tsconfig.json']) {
    await cp(join(root, part), join(checkout, part), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'))
  const pack = ['pack', '--silent', '--pack-destination', folder]
  const packed = await run(join(checkout, 'packages/sdk'), 'npm', ...pack)
  expect(await readFile(join(checkout, 'packages/sdk/package.json'), 'utf8')).toBe(
    await readFile(join(root, 'packages/sdk/package.json'), 'utf8'),
  )
  // The dependencies as they are installed here: no registry is asked.
  const dependencies = ['fast-sha256', 'standardwebhooks', '@stablelib/base64']
  const also = await run(
    root,
    'npm',
    ...pack,
    '--ignore-scripts',
    ...dependencies.map(name => `./node_modules/${name}`),
  )
  project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }')
  const tarballs = `${packed}${also}`.trim().split('\n')
  await run(
    project,
    'npm',
    'install',
    '--offline',
    '--no-audit',
    '--no-fund',
    ...tarballs.map(name => join(folder, name)),
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function readExamples(): Promise<string> {
  const readme = await readFile(join(root, 'packages/sdk/README.md'), 'utf8')
  return [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, example]) => example).join('\n')
}

test('it brings along no more than it needs', async () => {
  const { dependencies } = JSON.parse(await run(project, 'npm', 'ls', '--json', '--all', '--depth', '1'))
  expect(Object.keys(dependencies['@waybill/sdk'].dependencies).sort()).toEqual(['fast-sha256', 'standardwebhooks'])
})

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'its types resolve with module %s and moduleResolution %s, and the examples fit them',
  async (module, resolution) => {
    await writeFile(join(project, 'examples.ts'), await readExamples())
    const types = join(root, 'node_modules/@types')
    const options = ['--noEmit', '--strict', '--target', 'es2023', '--typeRoots', types, '--types', 'node']
    await run(project, 'tsc', ...options, '--module', module, '--moduleResolution', resolution, 'examples.ts')
  },
)

test('its types ask a page for no types of Node.js', async () => {
  const page =
    "import { Waybill } from '@waybill/sdk'\nexport const waybill = new Waybill({ server: location.origin })\n"
  await writeFile(join(project, 'page.ts'), page)
  const options = ['--noEmit', '--strict', '--types', '', '--lib', 'es2023,dom', '--module', 'esnext']
  await run(project, 'tsc', ...options, '--moduleResolution', 'bundler', 'page.ts')
})

test("the README's examples run as they are written", async () => {
  const { home, remove } = await newHome()
  const server = await runServer(home, operator)
  const examples = await readExamples()
  const written = examples.replaceAll('http://localhost:8000', server.url)
  expect(written).not.toBe(examples)
  // What was written ends by itself but for the receiver, which serves for ever.
  await writeFile(join(project, 'run.ts'), `${written}\nreceiver.close()\n`)
  const printed = await run(project, 'node', 'run.ts')
  expect(printed).toContain("'airports'")
  expect(printed).toContain("iata: '00M'")
  expect(printed).toContain('100 delivered')
  expect(printed).toMatch(/^(authorized|captured) 200 USD$/m)
  expect(printed).toMatch(/^csv \d+ \d+$/m)
  expect(printed).toMatch(/^1 null$/m)
  expect(printed).toMatch(/^nothing was paid: \S+/m)
  expect(printed).toMatch(/^Ada$/m)
  expect(await readFile(join(project, 'movies.csv'), 'utf8')).toMatch(/^Title,/)
  await server.stop()
  await remove()
})

test('a browser can have it: bundled, it needs nothing of Node.js', async () => {
  const entry =
    "import { Waybill } from '@waybill/sdk'\nglobalThis.waybill = new Waybill({ server: 'https://w.example' })"
  const { outputFiles, metafile } = await build({
    ...{ stdin: { contents: entry, resolveDir: project }, bundle: true, platform: 'browser', format: 'iife' },
    ...{ minify: true, write: false, metafile: true, logLevel: 'silent' },
  })
  const code = outputFiles[0]!.text
  expect(Object.keys(metafile.inputs).filter(path => /standardwebhooks|node:/.test(path))).toEqual([])
  expect(code.length).toBeLessThan(40_000)
  const asked: string[] = []
  const page = createContext({
    ...{ AbortController, AbortSignal, DOMException, Headers, URL, URLSearchParams, setTimeout, clearTimeout },
    fetch: async (url: string) => {
      asked.push(url)
      return new Response('{"request_id":"x","data":[]}')
    },
  })
  runInContext(code, page)
  expect(await runInContext('waybill.clouds.list()', page)).toEqual([])
  expect(asked).toEqual(['https://w.example/clouds'])
})

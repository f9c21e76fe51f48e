// `npm run new-cloud <name>`: writes a cloud's driver and its run through the suite, both of which work from the start.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const usage = `Writes the class of a new cloud and its test.

  npm run new-cloud <name>       a-z, 0-9 and -, such as: npm run new-cloud acme
    --into <folder>              another checkout than this one
`

const home = fileURLToPath(new URL('..', import.meta.url))

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { into: { type: 'string' } } })
  const [name, ...others] = positionals
  if (name === undefined || others.length > 0 || !/^[a-z][a-z0-9-]{0,39}$/.test(name)) throw new Error('name the cloud')
  const root = resolve(values.into ?? home)
  const driver = `${root}/services/data/src/clouds/drivers/${name}.ts`
  const test = `${root}/services/data/test/clouds/${name}.test.ts`
  for (const path of [driver, test]) if (existsSync(path)) throw new Error(`${path} is there already`)

  await writeFile(driver, (await readTemplate('driver', name)).replaceAll('../services/data/src/clouds/', '../'))
  const testText = (await readTemplate('test', name)).replaceAll('../services/data/test/clouds/', './')
  await writeFile(test, testText.replace('./new-cloud-driver.ts', `../../src/clouds/drivers/${name}.ts`))
  // Other paths and names: lines break, and imports stand, elsewhere.
  execFileSync(`${home}/node_modules/.bin/biome`, ['check', '--write', driver, test], { cwd: root, stdio: 'pipe' })
  process.stdout.write(`${driver}
${test}
Try them: npx vitest run --project sqlite services/data/test/clouds/${name}.test.ts
What comes next stands in docs/adding-a-cloud.md
`)
}

/** With the cloud's own name for the one that the template has. */
async function readTemplate(kind: 'driver' | 'test', name: string): Promise<string> {
  const className = name.replace(/(^|-)([a-z0-9])/g, (_all, _dash, letter: string) => letter.toUpperCase())
  const template = await readFile(new URL(`new-cloud-${kind}.ts`, import.meta.url), 'utf8')
  return template
    .replace('// Of `npm run new-cloud`: ', '// ')
    .replace('// puts', '// Puts')
    .replaceAll('NEWCLOUD', name.toUpperCase())
    .replaceAll('NewCloud', `${className}Cloud`)
    .replaceAll("'newcloud'", `'${name}'`)
}

main().catch(error => {
  process.stderr.write(`${error.message}\n\n${usage}`)
  process.exitCode = 2
})

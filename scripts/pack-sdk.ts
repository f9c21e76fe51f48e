// What `npm pack` and `npm publish` run around @waybill/sdk: in the package the entries are what was built, here they are the sources.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const folder = new URL('../packages/sdk/', import.meta.url)
const manifest = new URL('package.json', folder)
/** The manifest as it is here, while the other one is in its place. */
const kept = new URL('.package.json', folder)

/** npm cannot put `publishConfig.exports` into the package itself, as pnpm does. */
async function begin(): Promise<void> {
  await end()
  execFileSync('tsc', ['--project', 'tsconfig.build.json'], { cwd: fileURLToPath(folder), stdio: 'inherit' })
  const text = await readFile(manifest, 'utf8')
  const { publishConfig, scripts: _, ...rest } = JSON.parse(text)
  await writeFile(kept, text)
  await writeFile(manifest, `${JSON.stringify({ ...rest, exports: publishConfig.exports }, undefined, 2)}\n`)
}

/** Leaves nothing behind, also after a pack that was broken off. */
async function end(): Promise<void> {
  if (existsSync(kept)) await rename(kept, manifest)
  await rm(new URL('dist', folder), { recursive: true, force: true })
}

const steps: Record<string, () => Promise<void>> = { begin, end }
const step = steps[process.argv[2] ?? '']
if (!step) throw new Error('usage: pack-sdk.ts begin|end')
await step()

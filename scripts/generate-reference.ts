// Writes docs/reference; with --check it writes nothing, names the pages that are stale and exits 1.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { makeReferencePages } from './reference-pages.ts'

const folder = new URL('../docs/reference/', import.meta.url)
const pages = await makeReferencePages()

await mkdir(folder, { recursive: true })
const present = await readdir(folder)
const surplus = present.filter(name => !(name in pages))

if (process.argv.includes('--check')) {
  const stale = [...surplus]
  for (const [name, text] of Object.entries(pages)) {
    const committed = present.includes(name) ? await readFile(new URL(name, folder), 'utf8') : undefined
    if (committed !== text) stale.push(name)
  }
  for (const name of stale) console.error(`docs/reference/${name} is stale: node scripts/generate-reference.ts`)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const name of surplus) await rm(new URL(name, folder))
  for (const [name, text] of Object.entries(pages)) await writeFile(new URL(name, folder), text)
}

// Writes docs/reference, docs/pictures/*.svg and the tables of docs/scaling.md; with --check it writes nothing, names what is stale and exits 1.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fillScalingPage } from '../test/scaling/scaling-page.ts'
import { makePictures } from './pictures.ts'
import { makeReferencePages } from './reference-pages.ts'

const isChecking = process.argv.includes('--check')

await renew('docs/reference', '.md', await makeReferencePages())
await renew('docs/pictures', '.svg', await makePictures())
await fill('docs/scaling.md', fillScalingPage)

/** Files of that ending in the folder become these, and no others. */
async function renew(path: string, ending: string, files: Record<string, string>): Promise<void> {
  const folder = new URL(`../${path}/`, import.meta.url)
  await mkdir(folder, { recursive: true })
  const present = (await readdir(folder)).filter(name => name.endsWith(ending))
  const surplus = present.filter(name => !(name in files))
  if (!isChecking) {
    for (const name of surplus) await rm(new URL(name, folder))
    for (const [name, text] of Object.entries(files)) await writeFile(new URL(name, folder), text)
    return
  }
  const stale = [...surplus]
  for (const [name, text] of Object.entries(files)) {
    const committed = present.includes(name) ? await readFile(new URL(name, folder), 'utf8') : undefined
    if (committed !== text) stale.push(name)
  }
  for (const name of stale) console.error(`${path}/${name} is stale: node scripts/generate-reference.ts`)
  if (stale.length > 0) process.exitCode = 1
}

/** A page whose words are written by hand, and whose tables are made. */
async function fill(path: string, make: (page: string) => string): Promise<void> {
  const place = new URL(`../${path}`, import.meta.url)
  const committed = await readFile(place, 'utf8')
  const page = make(committed)
  if (!isChecking) return writeFile(place, page)
  if (page === committed) return
  console.error(`${path} is stale: node scripts/generate-reference.ts`)
  process.exitCode = 1
}

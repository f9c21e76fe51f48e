// The committed reference pages and pictures must say what the code says.
import { readdir, readFile } from 'node:fs/promises'
import { eventCatalogue } from '@waybill/contracts'
import { expect, test } from 'vitest'
import { makePictures } from '../scripts/pictures.ts'
import { makeReferencePages } from '../scripts/reference-pages.ts'

const made = [
  ['docs/reference', '.md', makeReferencePages],
  ['docs/pictures', '.svg', makePictures],
] as const

test.each(made)(
  '%s/*%s are what node scripts/generate-reference.ts writes, and no others',
  async (path, ending, make) => {
    const folder = new URL(`../${path}/`, import.meta.url)
    const files = await make()
    const present = (await readdir(folder)).filter(name => name.endsWith(ending))
    expect(present.sort()).toEqual(Object.keys(files).sort())
    for (const name of present) expect(await readFile(new URL(name, folder), 'utf8'), name).toBe(files[name])
  },
)

test('pictures load nothing from elsewhere, and have colours for light and dark pages', async () => {
  for (const [name, svg] of Object.entries(await makePictures())) {
    expect(svg.match(/@import|url\((?!#)|(href|src)="[^#]|<script/g), name).toBeNull()
    expect(svg.includes('prefers-color-scheme: dark'), name).toBe(true)
  }
})

test('the picture of the saga has every event that a service handles', async () => {
  const saga = await readFile(new URL('../docs/pictures/saga.mmd', import.meta.url), 'utf8')
  const handled = Object.entries(eventCatalogue).filter(([, { consumers }]) => consumers.length > 0)
  expect(handled.map(([type]) => type).filter(type => !saga.includes(`: ${type}\n`))).toEqual([])
})

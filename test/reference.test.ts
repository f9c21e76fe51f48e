// The committed reference pages must say what the code says.
import { readdir, readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { makeReferencePages } from '../scripts/reference-pages.ts'

const folder = new URL('../docs/reference/', import.meta.url)
let pages: Record<string, string>

beforeAll(async () => {
  pages = await makeReferencePages()
})

test.each(['api.md', 'cli.md', 'errors.md', 'events.md', 'settings.md'])(
  'docs/reference/%s is what node scripts/generate-reference.ts writes',
  async name => {
    expect(await readFile(new URL(name, folder), 'utf8')).toBe(pages[name])
  },
)

test('docs/reference holds no page that is not made', async () => {
  expect((await readdir(folder)).sort()).toEqual(Object.keys(pages).sort())
})

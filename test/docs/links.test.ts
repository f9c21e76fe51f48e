// Every link of every Markdown page leads somewhere: to a file that is there, and to a heading that is in it.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { markdownFiles, type Page, readPage, root } from './markdown.ts'

const pages = new Map(markdownFiles.map(path => [path, readPage(path)]))

function brokenLinks(page: Page): string[] {
  return page.links.filter(link => !/^(https?|mailto):/.test(link) && !leadsSomewhere(page, link))
}

function leadsSomewhere(page: Page, link: string): boolean {
  const [file = '', anchor] = decodeURI(link).split('#')
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file)).replace(/\/$/, '')
  if (!existsAsWritten(path)) return false
  return anchor === undefined || (pages.get(path)?.anchors.has(anchor) ?? false)
}

/** Some file systems do not mind capitals; readers' browsers do. */
function existsAsWritten(path: string): boolean {
  return (
    path === '.' ||
    (existsSync(`${root}${path}`) && readdirSync(join(root, dirname(path))).includes(path.split('/').at(-1)!))
  )
}

test.each(markdownFiles)('every link in %s leads to a file and a heading that are there', path => {
  expect(brokenLinks(pages.get(path)!)).toEqual([])
})

test('a link to a file or a heading that is not there is noticed', () => {
  const links = ['nowhere.md', '#nowhere', 'docs/operating.md#nowhere', 'docs/OPERATING.md', 'docs/operating.md#money']
  expect(brokenLinks({ ...pages.get('README.md')!, links })).toEqual(links.slice(0, -1))
})

test('docs/README.md lists every page of docs', () => {
  const index = pages.get('docs/README.md')!
  const listed = index.links.map(link => normalize(join('docs', link)))
  const written = markdownFiles.filter(path => path.startsWith('docs/') && path !== 'docs/README.md')
  expect(written.filter(path => !listed.includes(path))).toEqual([])
})

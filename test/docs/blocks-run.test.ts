// What a page shows in `sh` or `ts` is run by a test, or says in its first line why it is not: ```sh not run: it takes an hour
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { markdownFiles, readPage, root, runnableBlocks } from './markdown.ts'

/** The test that runs the blocks of a page. */
const runBy: Record<string, string> = {
  'README.md': 'test/system/readme-journey.test.ts',
  'docs/cli.md': 'test/system/tutorials.test.ts',
  'docs/configuration.md': 'test/system/tutorials.test.ts',
  'docs/reference/cli.md': 'apps/cli/test/examples-and-completion.test.ts',
  'docs/tutorials/api-client.md': 'test/system/tutorials.test.ts',
  'docs/tutorials/operator.md': 'test/engines/operating-tutorial.test.ts',
  'packages/sdk/README.md': 'packages/sdk/test/packed-package.test.ts',
}

test.each(markdownFiles)('every block of sh or ts in %s is run by a test, or says why it is not', path => {
  const page = readPage(path)
  expect(page.indented, 'code stands between fences').toEqual([])
  const blocks = runnableBlocks(page)
  if (blocks.length === 0) return
  expect(runBy, `who runs: ${blocks[0]!.text}`).toHaveProperty([path])
  // The reference of the command line is made of what that test reads from --help.
  const named = path === 'docs/reference/cli.md' ? '--help' : basename(path)
  expect(readFileSync(`${root}${runBy[path]}`, 'utf8')).toContain(named)
})

test('every page that a test runs has something to run', () => {
  expect(Object.keys(runBy).filter(path => runnableBlocks(readPage(path)).length === 0)).toEqual([])
})

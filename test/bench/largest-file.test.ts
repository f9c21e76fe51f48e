// A file that gets another name while its size is read is not taken for one that is gone.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { largestFileIn } from './largest-file.ts'

test('a file is as large as it is while it is given one name after the other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-sizes-'))
  const nameOf = (turn: number) => join(folder, `large.ndjson.${turn}.part`)
  await writeFile(nameOf(0), 'a'.repeat(1_000))
  let turns = 0
  let isOver = false
  const renaming = (async () => {
    for (; !isOver; turns++) await rename(nameOf(turns), nameOf(turns + 1))
  })()
  const sizes = new Set<number>()
  while (turns < 3_000) sizes.add(await largestFileIn(folder))
  isOver = true
  await renaming
  expect([...sizes]).toEqual([1_000])
  expect(await largestFileIn(join(folder, 'nowhere'))).toBe(0)
  await rm(folder, { recursive: true })
})

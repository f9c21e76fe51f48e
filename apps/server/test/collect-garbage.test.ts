import { expect, it } from 'vitest'
import { collectGarbage } from '../src/collect-garbage.ts'

const mebibyte = 2 ** 20

it('gives back what is not used any more, and keeps the rest', async () => {
  const kept = makeObjects(20_000)
  makeObjects(500_000)
  const before = process.memoryUsage().heapUsed
  await collectGarbage()
  expect(before - process.memoryUsage().heapUsed).toBeGreaterThan(10 * mebibyte)
  expect(kept.at(-1)).toEqual({ number: 19_999 })
})

function makeObjects(count: number): { number: number }[] {
  return Array.from({ length: count }, (_, number) => ({ number }))
}

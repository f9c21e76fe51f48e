// A sharing floor that wrote less than its members asked for would be faster than it may be.
import { expect, it } from 'vitest'
import type { Write } from './floor-store.ts'
import { gather } from './mysql-store.ts'

const row = (n: number): Write => ({ into: 'inbox (message_id, handled_at)', row: [`m${n}`, n] })
const move = (key: string, at: number): Write => ({
  change: 'update orders set state = ?, updated_at = ?',
  values: ['confirmed', at],
  where: "state = 'created' and id",
  key,
})

it('makes multi-row inserts of the rows of one table, every row once', () => {
  const statements = gather(Array.from({ length: 70 }, (_, n) => row(n)))
  expect(statements.map(([, values]) => values.length / 2)).toEqual([64, 6])
  expect(statements.flatMap(([, values]) => values.filter(value => typeof value === 'string'))).toEqual(
    Array.from({ length: 70 }, (_, n) => `m${n}`),
  )
  expect(statements[1]![0]).toBe(`insert into inbox (message_id, handled_at) values ${Array(6).fill('(?,?)')}`)
})

it('makes one change of those that differ in nothing but their key', () => {
  expect(gather([move('a', 1), move('b', 1), move('c', 2)])).toEqual([
    ["update orders set state = ?, updated_at = ? where state = 'created' and id in (?,?)", ['confirmed', 1, 'a', 'b']],
    ["update orders set state = ?, updated_at = ? where state = 'created' and id in (?)", ['confirmed', 2, 'c']],
  ])
})

// What is sealed opens only where it belongs; a cursor is taken only by the list that gave it.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createVault } from '../src/auth/index.ts'
import { createCursors, cutPage, readRange } from '../src/http/index.ts'

const vault = createVault(randomBytes(32))

test('any text comes out of the vault as it went in, and never looks like it inside', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 8 }), text => {
      const sealed = vault.seal(text, 'clouds/AWS')
      expect(vault.open(sealed, 'clouds/AWS')).toBe(text)
      expect(sealed).not.toContain(text)
    }),
  )
})

test('a sealed value that was moved, changed or sealed with another key does not open', () => {
  const sealed = vault.seal('secret', 'clouds/AWS')
  expect(() => vault.open(sealed, 'clouds/IBM')).toThrow()
  expect(() => createVault(randomBytes(32)).open(sealed, 'clouds/AWS')).toThrow()
  const bytes = Buffer.from(sealed.slice(3), 'base64')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at]! ^= 1
    expect(() => vault.open(`v1:${changed.toString('base64')}`, 'clouds/AWS')).toThrow()
  }
  for (const rubbish of ['', 'v1:', 'v2:AAAA', 'secret']) expect(() => vault.open(rubbish, 'clouds/AWS')).toThrow()
})

const cursors = createCursors(vault.deriveKey('cursor'))

test('any position comes out of a cursor as it went in', () => {
  fc.assert(
    fc.property(fc.jsonValue(), position => {
      // JSON knows no -0.
      expect(cursors.decode('a', cursors.encode('a', position))).toEqual(JSON.parse(JSON.stringify(position)))
    }),
  )
})

test('a cursor of another list, a changed one and rubbish are refused for the field cursor', () => {
  const cursor = cursors.encode('orders', 'x')
  const refusal = expect.objectContaining({
    code: 'VALIDATION_FAILED',
    errors: [expect.objectContaining({ field: 'cursor' })],
  })
  const refused = (list: string, text: string): unknown => {
    try {
      return cursors.decode(list, text)
    } catch (error) {
      return error
    }
  }
  expect(refused('payments', cursor)).toEqual(refusal)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      expect(refused('orders', text)).toEqual(refusal)
    }),
  )
})

test('pages cut at any limit are the whole list, each row once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }), (length, limit) => {
      const all = Array.from({ length }, (_, at) => at)
      const seen: number[] = []
      let cursor: string | null = '-1'
      while (cursor !== null) {
        const after: number = Number(cursor)
        const { rows, nextCursor }: { rows: number[]; nextCursor: string | null } = cutPage(
          all.filter(row => row > after).slice(0, limit + 1),
          limit,
          String,
        )
        expect(rows.length).toBeLessThanOrEqual(limit)
        seen.push(...rows)
        cursor = nextCursor
      }
      expect(seen).toEqual(all)
    }),
  )
})

test.each([
  ['bytes=0-9', { start: 0, end: 9 }],
  ['bytes=90-', { start: 90, end: 99 }],
  ['bytes=90-1000', { start: 90, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=-1000', { start: 0, end: 99 }],
  ['BYTES=0-0', { start: 0, end: 0 }],
  ['bytes=0-1,5-6', undefined],
  ['lines=0-1', undefined],
  [undefined, undefined],
])('of a hundred bytes, the range %s is %j', (header, range) => expect(readRange(header, 100)).toEqual(range))

test.each(['bytes=100-', 'bytes=5-4', 'bytes=-', 'bytes=a-b', 'bytes=-0', 'bytes='])(
  'of a hundred bytes, the range %s cannot be had',
  header =>
    expect(() => readRange(header, 100)).toThrow(
      expect.objectContaining({ code: 'RANGE_NOT_SATISFIABLE', headers: { 'Content-Range': 'bytes */100' } }),
    ),
)

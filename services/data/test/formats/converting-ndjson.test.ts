import { expect, test } from 'vitest'
import { createConverter } from '../../src/formats/index.ts'
import { convert, start, text } from './conversion.ts'

const pass = (source: string): string => convert({ from: 'ndjson', to: 'ndjson', source })

test('NDJSON passes untouched: numbers, escapes, whitespace and line ends', () => {
  const source = '{"n":1.10, "big": 12345678901234567890,"e":1e400}\r\n {"s":"\\u00e9\\/"} \n{"a":[1, {"b":null}]}\n'
  expect(pass(source)).toBe(source)
})

test('empty lines are dropped and the last line gets its end', () => {
  expect(pass('\n{"a":1}\n \t\n\r\n{"a":2}')).toBe('{"a":1}\n{"a":2}\n')
})

test('an empty file has no records', () => {
  expect(pass('')).toBe('')
  expect(pass('\uFEFF')).toBe('')
  expect(pass('\n\n')).toBe('')
})

test('a key that comes twice is none of our business', () => {
  expect(pass('{"a":1,"a":2}\n')).toBe('{"a":1,"a":2}\n')
})

test('whole lines are handed back as views of the chunk that they came in', () => {
  const chunk = Buffer.from('{"a":1}\n{"a":2}\n{"a"')
  const [piece] = start({ from: 'ndjson', to: 'ndjson', source: '' }).convert(chunk)
  expect(piece!.buffer).toBe(chunk.buffer)
  expect(text([piece!])).toBe('{"a":1}\n{"a":2}\n')
})

test('what was handed back stays as it was when later chunks come', () => {
  const converter = start({ from: 'ndjson', to: 'ndjson', source: '' })
  const pieces = ['{"a":', '1}\n{"b"', ':2}\n{"c":', '3}\n'].flatMap(part => converter.convert(Buffer.from(part)))
  expect(text(pieces)).toBe('{"a":1}\n{"b":2}\n{"c":3}\n')
})

test('many empty lines do not make many pieces', () => {
  const pieces = start({ from: 'ndjson', to: 'ndjson', source: '' }).convert(Buffer.from('{"a":1}\n\n'.repeat(1000)))
  expect(pieces.length).toBe(1)
  expect(text(pieces)).toBe('{"a":1}\n'.repeat(1000))
})

test('the state is JSON and says where the next record begins', () => {
  const converter = createConverter({ from: 'ndjson', to: 'ndjson' })
  converter.convert(Buffer.from('{"a":1}\n\n{"a":2}\n{"a":3}\n'), 2)
  expect(JSON.parse(JSON.stringify(converter.state))).toEqual({ offset: 17, records: 2, line: 4 })
})

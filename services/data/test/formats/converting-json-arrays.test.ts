import { expect, test } from 'vitest'
import { convert, start, text } from './conversion.ts'

const toNdjson = (source: string): string => convert({ from: 'json', to: 'ndjson', source })

test('each element becomes a line, as written but for whitespace outside strings', () => {
  const source = `[
    { "n" : 1.10, "big": 12345678901234567890, "e": 1E+400 },
    {"s": " a  b ", "t": "\\" \\u00e9 \\\\", "nested": { "list": [ 1, "x y" ] } },{}
  ]
  `
  expect(toNdjson(source)).toBe(
    '{"n":1.10,"big":12345678901234567890,"e":1E+400}\n' +
      '{"s":" a  b ","t":"\\" \\u00e9 \\\\","nested":{"list":[1,"x y"]}}\n{}\n',
  )
})

test('an empty array has no records', () => {
  expect(toNdjson('[]')).toBe('')
  expect(toNdjson('\uFEFF [ ]\n')).toBe('')
})

test('the state stands behind the record, before its comma', () => {
  const converter = start({ from: 'json', to: 'ndjson', source: '' })
  expect(text(converter.convert(Buffer.from('[{"a":1}\n,\n{"a":2}]'), 1))).toBe('{"a":1}\n')
  expect(converter.state).toEqual({ offset: 8, records: 1, line: 1, array: 'next' })
  expect(text(converter.convert(Buffer.alloc(0), 1))).toBe('{"a":2}\n')
  expect(converter.state).toEqual({ offset: 18, records: 2, line: 3, array: 'next' })
})

test('a record may be nested 512 levels deep', () => {
  const source = `[{"a":${'['.repeat(511)}${']'.repeat(511)}}]`
  expect(toNdjson(source)).toBe(`${source.slice(1, -1)}\n`)
})

import { expect, test } from 'vitest'
import { convert, start, text } from './conversion.ts'

const toNdjson = (source: string): string => convert({ from: 'csv', to: 'ndjson', source })
const toCsv = (source: string): string => convert({ from: 'csv', to: 'csv', source })

test('every value of CSV becomes a JSON string with exactly the text of its field', () => {
  expect(toNdjson('id,price,note\n007,1.10,\nNaN,null, padded \n')).toBe(
    '{"id":"007","price":"1.10","note":""}\n{"id":"NaN","price":"null","note":" padded "}\n',
  )
})

test('quotes, commas, backslashes and line ends in a field are escaped for JSON', () => {
  expect(toNdjson('a,b\n"say ""hi"", twice","C:\\dir"\n"1\r\n2","\t\u0001\u001f"\n')).toBe(
    '{"a":"say \\"hi\\", twice","b":"C:\\\\dir"}\n{"a":"1\\r\\n2","b":"\\t\\u0001\\u001f"}\n',
  )
})

test('characters beyond ASCII stay as they are', () => {
  expect(toNdjson('naïve\nÖsterreich 𝄞\n')).toBe('{"naïve":"Österreich 𝄞"}\n')
})

test('names of columns may need escapes as well', () => {
  expect(toNdjson('"a ""b""","c\nd"\n1,2\n')).toBe('{"a \\"b\\"":"1","c\\nd":"2"}\n')
})

test('rows end with CRLF or LF, and the last may end with the file', () => {
  expect(toNdjson('a,b\r\n1,2\n"3","4"\r\n5,6')).toBe('{"a":"1","b":"2"}\n{"a":"3","b":"4"}\n{"a":"5","b":"6"}\n')
})

test('a header alone is a dataset without records', () => {
  expect(toNdjson('a,b')).toBe('')
  expect(toCsv('a,b')).toBe('a,b\n')
})

test('empty lines are left out where a row has several fields', () => {
  expect(toNdjson('\na,b\n\r\n1,2\n\n')).toBe('{"a":"1","b":"2"}\n')
  expect(toCsv('\na,b\n\r\n1,2\n\n')).toBe('a,b\n1,2\n')
})

test('an empty line is a record with an empty text where there is one column', () => {
  expect(toNdjson('a\n1\n\n2\n')).toBe('{"a":"1"}\n{"a":""}\n{"a":"2"}\n')
})

test('the rows of CSV that stays CSV are untouched', () => {
  expect(toCsv('a,b\r\n"007", x \r\n"say ""hi""",\n1,2')).toBe('a,b\r\n"007", x \r\n"say ""hi""",\n1,2\n')
})

test('a byte order mark is not part of the first name', () => {
  expect(toNdjson('\uFEFFa\n1\n')).toBe('{"a":"1"}\n')
  expect(toCsv('\uFEFFa\n1\n')).toBe('a\n1\n')
})

test('asked for no records, the converter reads the columns', () => {
  const converter = start({ from: 'csv', to: 'ndjson', source: '' })
  expect(text(converter.convert(Buffer.from('a,b\n1,2\n'), 0))).toBe('')
  expect(converter.state).toEqual({ offset: 4, records: 0, line: 2, columns: ['a', 'b'] })
})

test('asked for no records, the converter still refuses a file without a header row', () => {
  expect(() => start({ from: 'csv', to: 'ndjson', source: '' }).finish(0)).toThrow('line 1: the file is empty')
})

test('a row may have more fields than any before', () => {
  const names = Array.from({ length: 500 }, (_, index) => `c${index}`)
  const source = `${names.join(',')}\n${names.map((_, index) => index).join(',')}\n`
  expect(JSON.parse(toNdjson(source))).toEqual(Object.fromEntries(names.map((name, index) => [name, `${index}`])))
})

import { expect, test } from 'vitest'
import { createConverter } from '../../src/formats/index.ts'
import { columnsOf, convert, refusal, start, text } from './conversion.ts'

const fromNdjson = (source: string): string => convert({ from: 'ndjson', to: 'csv', source })
const fromJson = (source: string): string => convert({ from: 'json', to: 'csv', source })

test('the columns are all keys in the order in which they first come up', () => {
  const source = '{"b":1,"a":2}\n{"c":3,"b":4}\n{}\n{"a":5}\n'
  expect(columnsOf({ from: 'ndjson', to: 'csv', source })).toEqual(['b', 'a', 'c'])
  expect(fromNdjson(source)).toBe('b,a,c\n1,2,\n4,,3\n,,\n,5,\n')
})

test('a key is the same however it is escaped', () => {
  expect(fromNdjson('{"\\u0061":1}\n{"a":2}\n')).toBe('a\n1\n2\n')
  expect(fromNdjson('{"x\\"y":1}\n{"x\\u0022y":2}\n')).toBe('"x""y"\n1\n2\n')
})

test('of a key that comes twice the last value counts', () => {
  expect(fromNdjson('{"a":1,"b":2,"a":3}\n')).toBe('a,b\n3,2\n')
})

test('numbers, booleans and nested values are their JSON text', () => {
  expect(fromNdjson('{"n":1.10,"e":1e400,"t":true,"o":{"x": [1, 2]},"l":[1],"m":[]}\n')).toBe(
    'n,e,t,o,l,m\n1.10,1e400,true,"{""x"": [1, 2]}",[1],[]\n',
  )
})

test('nested values of a JSON array lose the whitespace outside their strings', () => {
  expect(fromJson('[{"o": {\n  "x y": [1, 2]\n}}]')).toBe('o\n"{""x y"":[1,2]}"\n')
})

test('a text is decoded, and quoted only where it must be', () => {
  expect(fromNdjson('{"a":"plain","b":"a,b","c":"say \\"hi\\"","d":"1\\n2","e":"\\u00e9\\t","f":" x "}\n')).toBe(
    'a,b,c,d,e,f\nplain,"a,b","say ""hi""","1\n2",é\t, x \n',
  )
})

test('null and missing are empty, an empty text is a pair of quotes', () => {
  expect(fromNdjson('{"a":null,"b":""}\n{"b":null}\n')).toBe('a,b\n,""\n,\n')
})

test('without records the header stands alone, without keys nothing is written', () => {
  const converter = createConverter({ from: 'ndjson', to: 'csv', columns: ['a', 'b c', 'd,e'] })
  expect(text(converter.finish())).toBe('a,b c,"d,e"\n')
  expect(fromJson('[{},{}]')).toBe('')
})

test('the header comes once, also when the conversion is taken up again', () => {
  const first = createConverter({ from: 'ndjson', to: 'csv', columns: ['a'] })
  expect(first.state.columns).toBeUndefined()
  expect(text(first.convert(Buffer.from('{"a'), 0))).toBe('a\n')
  expect(first.state).toEqual({ offset: 0, records: 0, line: 1, columns: ['a'] })
  const second = start({ from: 'ndjson', to: 'csv', source: '' }, first.state)
  expect(text(second.convert(Buffer.from('{"a":1}\n')))).toBe('1\n')
})

test('a key that the first pass has not seen is refused', () => {
  expect(refusal({ from: 'ndjson', to: 'csv', source: '{"a":1}\n{"b":2}\n', columns: ['a'] })).toBe(
    'line 2: the key "b" is not among the columns; the source has changed',
  )
})

test('half of a surrogate pair is refused, for CSV cannot hold it', () => {
  const reason = 'line 1: half of a surrogate pair (\\ud800-\\udfff) cannot be written as CSV'
  expect(refusal({ from: 'ndjson', to: 'csv', source: '{"a":"\\ud800"}\n' })).toBe(reason)
  expect(refusal({ from: 'ndjson', to: 'csv', source: '{"\\udc00":1}\n' })).toBe(reason)
})

test('records with more keys than the scanner has places for are no matter', () => {
  const record = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, index]))
  const [header, row] = fromNdjson(`${JSON.stringify(record)}\n`).split('\n')
  expect(header!.split(',')).toEqual(Object.keys(record))
  expect(row!.split(',').map(Number)).toEqual(Object.values(record))
})

test('more keys than a table can have columns are refused', () => {
  const source = Array.from({ length: 16_385 }, (_, index) => `{"k${index}":1}\n`).join('')
  expect(refusal({ from: 'ndjson', to: 'csv', source })).toBe(
    'line 16385: more than 16384 different keys cannot become columns',
  )
})

import { expect, test } from 'vitest'
import { splitRecords } from '../../src/formats/index.ts'
import { chunksOf, start } from './conversion.ts'

test('a page comes apart into the texts of its records, numbers as they were written', () => {
  const source = '{"n":1.10}\r\n\n{"big":12345678901234567890}\n{"s":"é"}'
  const converter = start({ from: 'ndjson', to: 'ndjson', source })
  const pieces = [...chunksOf(source, [5])].flatMap(chunk => converter.convert(chunk).map(piece => Buffer.from(piece)))
  expect(splitRecords([...pieces, ...converter.finish()])).toEqual([
    '{"n":1.10}',
    '{"big":12345678901234567890}',
    '{"s":"é"}',
  ])
})

test('a page without records has no texts', () => {
  expect(splitRecords([])).toEqual([])
})

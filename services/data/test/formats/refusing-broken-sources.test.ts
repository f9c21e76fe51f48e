import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError, type SourceFormat } from '../../src/formats/index.ts'
import { anyText, compactText, jsonRecord } from './arbitrary-datasets.ts'
import { chunksOf, convert, refusal, start } from './conversion.ts'

const refuse = (from: SourceFormat, source: string | Uint8Array): string => refusal({ from, to: 'ndjson', source })

describe('NDJSON is refused with the line at fault', () => {
  const good = '{"a":1}\n\n{"a":2}\n'
  test.each([
    ['[1]', "a record must be a JSON object, found '['"],
    ['"text"', `a record must be a JSON object, found '"'`],
    ['{"a":1', "expected ',' or '}', found the end of the line"],
    ['{"a":\n1}', 'expected a value, found the end of the line'],
    ['{"a":1}{"a":2}', "expected the end of the line, found '{'"],
    ['{"a":1},', "expected the end of the line, found ','"],
    ['{"a":01}', "expected ',' or '}', found '1'"],
    ['{"a":.5}', "expected a value, found '.'"],
    ['{"a":1.}', "expected a value, found '}'"],
    ['{"a":+1}', "expected a value, found '+'"],
    ['{"a":NaN}', "expected a value, found 'N'"],
    ['{"a":tru}', "expected a value, found '}'"],
    ['{"a":nulL}', "expected a value, found 'L'"],
    ['{"a":fals3}', "expected a value, found '3'"],
    ['{"a":}', "expected a value, found '}'"],
    ['{a:1}', "expected a key in quotes, found 'a'"],
    ["{'a':1}", "expected a key in quotes, found '''"],
    ['{"a":1,}', "expected a key in quotes, found '}'"],
    ['{"a" 1}', "expected ':', found '1'"],
    ['{"a":[1,]}', "expected a value, found ']'"],
    ['{"a":[1}', "expected ',' or ']', found '}'"],
    ['{"a":{"b":1]}', "expected ',' or '}', found ']'"],
    ['{"a":"x', 'the line ends inside a string'],
    ['{"a":"\t"}', 'a control character in a string, byte 0x09'],
    ['{"a":"\\x"}', "a bad escape in a string, at 'x'"],
    ['{"a":"\\u12g4"}', "a bad escape in a string, at 'g'"],
    [`{"a":${'['.repeat(512)}`, 'nested deeper than 512 levels'],
    ['{"a":\0}', 'expected a value, found byte 0x00'],
  ])('%s', (line, reason) => {
    expect(refuse('ndjson', `${good}${line}\n{"a":3}\n`)).toBe(`line 4: ${reason}`)
  })

  test('a record that the file cuts off', () => {
    expect(refuse('ndjson', `${good}{"a"`)).toBe("line 4: expected ':', found the end of the line")
  })
})

test('what is a record is what JSON.parse takes for an object', () => {
  const damage = fc.record({
    at: fc.nat(),
    removed: fc.integer({ min: 0, max: 2 }),
    put: fc.oneof(
      fc.constantFrom(
        '',
        '"',
        '\\',
        ',',
        ':',
        '{',
        '}',
        '[',
        ']',
        '0',
        '-',
        '.',
        'e',
        '+',
        '\t',
        'null',
        'u00e9',
        '\u0001',
      ),
      anyText.map(content => content.replaceAll(/[\n\r]/g, '')),
    ),
  })
  fc.assert(
    fc.property(jsonRecord.map(compactText), fc.array(damage, { maxLength: 2 }), (record, damages) => {
      const line = damages.reduce((text, { at, removed, put }) => {
        const from = at % text.length
        return `{${text.slice(1, from)}${put}${text.slice(from + removed)}`
      }, record)
      if (!line.isWellFormed()) return
      for (const [from, source] of [
        ['ndjson', line],
        ['json', `[${line}]`],
      ] as const) {
        if (holdsRecords(source)) expect(convert({ from, to: 'ndjson', source })).not.toBe('')
        else expect(() => convert({ from, to: 'ndjson', source })).toThrow(FormatError)
      }
    }),
    { numRuns: 5000 },
  )
})

describe('a JSON array is refused with the line at fault', () => {
  test.each([
    ['', 'line 1: the file is empty, it must be an array of objects'],
    ['\n\n', 'line 3: the file is empty, it must be an array of objects'],
    ['{"a":1}', "line 1: the file must be an array of objects: expected '[', found '{'"],
    ['[\n{"a":1},\n{"a":2}\n', "line 4: the file ends before the ']' of its array"],
    ['[{"a":1},', "line 1: the file ends before the ']' of its array"],
    ['[\n{"a":1},\n{\n"a":', 'line 3: the file ends inside the record that begins here'],
    ['[\n{"a":1},\n{\n"a": 1\n"b": 2}]', "line 5: expected ',' or '}', found '\"'"],
    ['[{"a":1}\n,]', "line 2: a record must be a JSON object: expected '{', found ']'"],
    ['[,{"a":1}]', "line 1: a record must be a JSON object: expected '{' or ']', found ','"],
    ['[{"a":1}\n{"a":2}]', "line 2: expected ',' or ']' behind a record, found '{'"],
    ['[{"a":1},\n7]', "line 2: a record must be a JSON object: expected '{', found '7'"],
    ['[]\n\n[]', "line 3: expected the end of the file behind the array, found '['"],
    ['[{"a":"x\ny"}]', 'line 1: the line ends inside a string'],
  ])('%j', (source, message) => {
    expect(refuse('json', source)).toBe(message)
    expect(refusal({ from: 'json', to: 'ndjson', source, chunks: [1] })).toBe(message)
  })
})

describe('CSV is refused with the line at fault', () => {
  test.each([
    ['', 'line 1: the file is empty, it must begin with a header row'],
    ['\n\n', 'line 3: the file is empty, it must begin with a header row'],
    ['a,b\n1,2\n3\n', 'line 3: 1 field, the header has 2'],
    ['a,b\n1,2\n\n3,4,5\n', 'line 4: 3 fields, the header has 2'],
    ['a,b\n"1\n2","3\n4"\n5\n', 'line 5: 1 field, the header has 2'],
    ['a,b\n1,"2\n3\n4', 'line 2: a quote that is never closed'],
    ['a,b\n"x\ny","2\n3\n', 'line 3: a quote that is never closed'],
    ['a,b\n1,"2"x\n', "line 2: expected ',' or the end of the line behind a quote, found 'x'"],
    ['a,b\n"x\ny" ,2\n', "line 3: expected ',' or the end of the line behind a quote, found byte 0x20"],
    ['a,b\n1,2"\n', 'line 2: a quote inside a field without quotes'],
    ['a,b\r1,2\r', 'line 1: a carriage return alone, outside quotes'],
    ['a,b\n1,2\r3,4\n', 'line 2: a carriage return alone, outside quotes'],
    ['a,b,a\n', 'line 1: the header has the column "a" twice'],
    ['a,"a"\n', 'line 1: the header has the column "a" twice'],
    ['\na,,b\n', 'line 2: column 2 has no name in the header'],
    ['""\n', 'line 1: column 1 has no name in the header'],
  ])('%j', (source, message) => {
    expect(refuse('csv', source)).toBe(message)
    expect(refusal({ from: 'csv', to: 'csv', source, chunks: [1] })).toBe(message)
  })
})

describe('another encoding is refused', () => {
  const latin1 = (source: string): Buffer => Buffer.from(source, 'latin1')

  test.each([
    ['ndjson', '{"a":1}\n{"a":"Köln"}\n', 2],
    ['json', '[{"a":1},\n\n{"a":"Köln"}]', 3],
    ['csv', 'a,b\n"x\ny",Köln\n', 3],
  ] as const)('%s in Latin-1, at its line', (from, source, line) => {
    expect(refuse(from, latin1(source))).toBe(`line ${line}: a byte that is not UTF-8`)
  })

  test.each([
    ['with a mark', '\uFEFFa,b\n1,2\n'],
    ['without', 'a,b\n1,2\n'],
  ])('UTF-16 %s', (_, source) => {
    const littleEndian = Buffer.from(source, 'utf16le')
    const bigEndian = Buffer.from(littleEndian).swap16()
    for (const bytes of [littleEndian, bigEndian]) {
      expect(refuse('csv', bytes)).toBe('line 1: the file is UTF-16, it must be UTF-8')
      expect(refusal({ from: 'csv', to: 'ndjson', source: bytes, chunks: [1] })).toBe(
        'line 1: the file is UTF-16, it must be UTF-8',
      )
    }
  })
})

describe('a record of more than 16 MiB is refused', () => {
  const mebibyte = 1024 * 1024
  const long = 'x'.repeat(16 * mebibyte)

  test.each([
    ['ndjson', '{"a":1}\n{"a":"', '"}\n', 'line 2'],
    ['json', '[{"a":1},\n{"a":"', '"}]', 'line 2'],
    ['csv', 'a\n1\n"', '"\n', 'line 3'],
  ] as const)('%s, whole and in chunks, also when it never ends', (from, before, after, line) => {
    const message = `${line}: a record of more than 16 MiB`
    const source = Buffer.from(before + long + after)
    const endless = Buffer.from(`${before}${long}${long}`)
    expect(refuse(from, source)).toBe(message)
    expect(refusal({ from, to: 'ndjson', source, chunks: [64 * 1024] })).toBe(message)
    expect(refusal({ from, to: 'ndjson', source: endless, chunks: [64 * 1024] })).toBe(message)
  })

  test.each([
    ['ndjson', '{"a":"', '"}\n'],
    ['json', '[{"a":"', '"}]'],
    ['csv', 'a\n"', '"\n'],
  ] as const)('%s just below it converts, in time that grows with its length only', (from, before, after) => {
    const content = 'line,\\" '.repeat(1_800_000)
    const source = Buffer.from(before + (from === 'csv' ? content.replaceAll('"', '""') : content) + after)
    const converter = start({ from, to: 'ndjson', source })
    const began = performance.now()
    const pieces = [...chunksOf(source, [1024])].flatMap(chunk =>
      converter.convert(chunk).map(piece => Buffer.from(piece)),
    )
    const output = Buffer.concat([...pieces, ...converter.finish()])
    expect(output.length).toBeGreaterThan(8 * 1_800_000)
    // Scanned again with each of some 15,000 chunks it would take minutes.
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

/** One object, or an array of nothing else. */
function holdsRecords(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return [parsed].flat().every(record => typeof record === 'object' && record !== null && !Array.isArray(record))
  } catch {
    return false
  }
}

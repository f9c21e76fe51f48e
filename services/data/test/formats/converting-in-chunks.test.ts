import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createConverter, FormatError, type OutputFormat, type SourceFormat } from '../../src/formats/index.ts'
import {
  chunkLengths,
  compactText,
  csvDataset,
  jsonDataset,
  ndjsonDataset,
  referenceColumns,
  referenceCsv,
} from './arbitrary-datasets.ts'
import { chunksOf, columnsOf, convert, convertWith, start, text } from './conversion.ts'

const sources = { ndjson: ndjsonDataset, json: jsonDataset, csv: csvDataset }
const conversions = (['ndjson', 'json', 'csv'] as const).flatMap(from =>
  (['ndjson', 'csv'] as const).map((to): [SourceFormat, OutputFormat] => [from, to]),
)

describe('in whatever chunks a source comes', () => {
  test('NDJSON stays byte for byte as it was, without its empty lines', () => {
    fc.assert(
      fc.property(ndjsonDataset, chunkLengths, ({ source, lines }, chunks) => {
        expect(convert({ from: 'ndjson', to: 'ndjson', source, chunks })).toBe(lines.join(''))
      }),
    )
  })

  test('the records of a JSON array become lines, as they were written but for whitespace', () => {
    fc.assert(
      fc.property(jsonDataset, chunkLengths, ({ source, records }, chunks) => {
        const lines = records.map(record => `${compactText(record)}\n`)
        expect(convert({ from: 'json', to: 'ndjson', source, chunks })).toBe(lines.join(''))
      }),
    )
  })

  test('the rows of CSV become objects with a string for each field', () => {
    fc.assert(
      fc.property(csvDataset, chunkLengths, ({ source, columns, rows }, chunks) => {
        const lines = convert({ from: 'csv', to: 'ndjson', source, chunks }).split('\n')
        expect(lines.pop()).toBe('')
        expect(lines.map(line => Object.entries(JSON.parse(line)).sort())).toEqual(
          rows.map(row => columns.map((name, index) => [name, row[index]]).sort()),
        )
      }),
    )
  })

  test('CSV stays byte for byte as it was, without its empty lines', () => {
    fc.assert(
      fc.property(csvDataset, chunkLengths, ({ source, lines }, chunks) => {
        expect(convert({ from: 'csv', to: 'csv', source, chunks })).toBe(lines)
      }),
    )
  })

  test('JSON records become CSV with the union of their keys', () => {
    fc.assert(
      fc.property(jsonDataset, chunkLengths, ({ source, records }, chunks) => {
        expect(columnsOf({ from: 'json', to: 'csv', source, chunks })).toEqual(referenceColumns(records))
        expect(convert({ from: 'json', to: 'csv', source, chunks })).toBe(referenceCsv(records))
      }),
    )
  })

  test('NDJSON becomes the same CSV as the array of its records', () => {
    fc.assert(
      fc.property(ndjsonDataset, chunkLengths, ({ records }, chunks) => {
        const source = records.map(record => `${compactText(record)}\n`).join('')
        expect(convert({ from: 'ndjson', to: 'csv', source, chunks })).toBe(referenceCsv(records))
      }),
    )
  })
})

describe.each(conversions)('%s to %s', (from, to) => {
  test('goes on from any checkpoint as if nothing had happened', () => {
    fc.assert(
      fc.property(sources[from], chunkLengths, chunkLengths, ({ source }, chunks, chunksAfter) => {
        const columns = columnsOf({ from, to, source })
        const whole = convert({ from, to, source, columns })
        const first = createConverter({ from, to, columns })
        let output = ''
        for (const chunk of chunksOf(source, chunks)) {
          output += text(first.convert(chunk))
          const state = JSON.parse(JSON.stringify(first.state))
          const second = createConverter({ from, to, state, columns: state.columns ?? columns })
          const rest = Buffer.from(source).subarray(state.offset)
          expect(output + convertWith(second, { from, to, source: rest, chunks: chunksAfter })).toBe(whole)
        }
        output += text(first.finish())
        expect(first.state.offset).toBe(Buffer.byteLength(source))
        expect(output).toBe(whole)
      }),
      { numRuns: 25 },
    )
  })

  test('stands at the same place after the same bytes, however they were cut', () => {
    fc.assert(
      fc.property(sources[from], chunkLengths, fc.nat(), ({ source }, chunks, some) => {
        const bytes = Buffer.from(source)
        const part = bytes.subarray(0, bytes.length === 0 ? 0 : some % bytes.length)
        const columns = columnsOf({ from, to, source })
        const whole = createConverter({ from, to, columns })
        const cut = createConverter({ from, to, columns })
        whole.convert(part)
        for (const chunk of chunksOf(part, chunks)) cut.convert(chunk)
        if (part.length > 0) expect(cut.state).toEqual(whole.state)
      }),
    )
  })

  test('stops behind as many records as are asked for and goes on with the rest', () => {
    fc.assert(
      fc.property(sources[from], chunkLengths, fc.integer({ min: 1, max: 3 }), ({ source }, chunks, most) => {
        const conversion = { from, to, source, columns: columnsOf({ from, to, source }) }
        const whole = convert(conversion)
        const converter = start(conversion)
        let output = ''
        const isFull = (step: () => Uint8Array[]): boolean => {
          const before = converter.state.records
          output += text(step())
          const { state } = converter
          expect(state.records - before).toBeLessThanOrEqual(most)
          const rest = Buffer.from(source).subarray(state.offset)
          expect(output + convertWith(start(conversion, state), { ...conversion, source: rest })).toBe(whole)
          return state.records - before === most
        }
        for (const chunk of chunksOf(source, chunks)) {
          let full = isFull(() => converter.convert(chunk, most))
          chunk.fill('#')
          while (full) full = isFull(() => converter.convert(Buffer.alloc(0), most))
        }
        while (isFull(() => converter.finish(most)));
        expect(output).toBe(whole)
      }),
      { numRuns: 25 },
    )
  })

  test('answers any bytes with output or a FormatError, the same however they are cut', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .array(
          fc.constantFrom('{', '}', '[', ']', '"', '"a"', ':', ',', '\n', '\r', ' ', '\\', '1', '-', 'null', 'e', 'é'),
          {
            maxLength: 30,
          },
        )
        .map(parts => Buffer.from(parts.join(''))),
    )
    const outcome = (source: Uint8Array, chunks: number[]): string => {
      try {
        return convert({ from, to, source, chunks })
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        return 'refused'
      }
    }
    fc.assert(
      fc.property(bytes, chunkLengths, (source, chunks) => {
        expect(outcome(source, chunks)).toBe(outcome(source, []))
      }),
      { numRuns: 2000 },
    )
  })

  test('accepts of any damaged dataset only what is still right', () => {
    fc.assert(
      fc.property(sources[from], fc.nat(), fc.integer({ min: 0, max: 255 }), ({ source }, at, byte) => {
        const bytes = Buffer.from(source)
        if (bytes.length === 0) return
        bytes[at % bytes.length] = byte
        try {
          const output = convert({ from, to, source: bytes })
          if (to === 'ndjson') for (const line of output.split('\n').slice(0, -1)) JSON.parse(line)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
      { numRuns: 300 },
    )
  })
})
